// Values that must not be readable in the store: sealed with the platform key (AES-256-GCM, key id in the text).

export interface Vault {
  /** `context` is authenticated, not stored: e.g. the key of the record; open() must be given the same one. */
  seal(plain: string, context: string): string;
  /** Throws DeisError('internal') when the text was changed, moved to another record, or sealed with another key. */
  open(sealed: string, context: string): string;
}
