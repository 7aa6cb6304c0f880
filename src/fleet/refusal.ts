// A request that is answered with an error: status and words as fleet 1.0 has them, since its clients print them.

export class FleetRefusal extends Error {
  readonly status: number;

  /** `message` may be empty: fleet says nothing of paths it does not know. */
  constructor(status: number, message = '') {
    super(message);
    this.name = 'FleetRefusal';
    this.status = status;
  }
}
