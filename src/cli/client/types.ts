// Objects of the REST API v1.7, as far as the client shows them (reference: Deis v1 API).

export interface ApiApp {
  id: string;
  uuid: string;
  owner: string;
  url: string;
  structure: Record<string, number>;
  created: string;
  updated: string;
}

export interface ApiBuild {
  uuid: string;
  image: string;
  sha: string;
  created: string;
}

/** GET /v2/apps/<id>/builds/<uuid> */
export interface ApiBuildDetails extends ApiBuild {
  owner: string;
  reference: string;
  kind?: string;
  procfile: Record<string, string>;
  slug?: string;
  log?: string;
  releases: number[];
}

/** GET /v2/apps/<id>/build-logs; `text` only of a single one. */
export interface ApiBuildLog {
  id: string;
  user: string;
  sha: string;
  outcome: string;
  release?: number;
  started: string;
  ended: string;
  text?: string;
}

export interface ApiConfig {
  values: Record<string, string>;
  memory: Record<string, string>;
  cpu: Record<string, number>;
  tags: Record<string, string>;
}

export interface ApiContainer {
  type: string;
  num: number;
  /** `v3` */
  release: string;
  state: string;
}

export interface ApiDomain {
  domain: string;
}

export interface ApiRelease {
  uuid: string;
  owner: string;
  version: number;
  summary: string;
  config: string;
  build: string | null;
  created: string;
  updated: string;
}

export interface ApiUser {
  username: string;
  is_superuser: boolean;
}

export interface ApiCert {
  common_name: string;
  owner: string;
  expires: string;
  created: string;
  updated: string;
}

export interface ApiKey {
  id: string;
  public: string;
}

/** One entry of an app's trail (GET /v2/apps/<id>/trail). */
export interface ApiEvent {
  at: string;
  user: string;
  action: string;
  text: string;
  release?: number;
}
