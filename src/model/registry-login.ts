// How an app's images are read from registries of other people.

/** By host, as it stands in an image's name: `quay.io`, `registry.example.com:5000`, `docker.io`. */
export type RegistryLogins = Record<string, RegistryLogin>;

export interface RegistryLogin {
  username: string;
  password: string;
}
