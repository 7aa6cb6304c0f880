// The program that keeps images: it is given its configuration, serves until told otherwise, and sweeps what nobody names.

export interface ImageStore {
  /** Serves until the signal aborts; `name` tells several apart. Throws DeisError('refused') with its last words when it ends by itself. */
  serve(config: string, name: string, signal: AbortSignal): Promise<void>;
  /** Removes every blob that no manifest names. Nobody may push meanwhile. Throws DeisError('refused'). */
  sweep(config: string, signal: AbortSignal): Promise<void>;
}
