// Where the registry keeps its images, as `deisctl config registry set …` says; pure. Names and defaults are Deis v1's.

export type Storage =
  | { kind: 'filesystem' }
  | {
      kind: 's3';
      bucket: string;
      region: string;
      /** Folder in the bucket. */
      path: string;
      /** Both or none: without them the machine's own role is asked for. */
      keys?: { access: string; secret: string };
      /** `https://s3.example.com:9000`; absent: Amazon's, by region. */
      endpoint?: string;
      encrypt: boolean;
      secure: boolean;
    };

/** To add a setting: a row here, and its part in `readStorage`. The text says what it is for. */
export const REGISTRY_SETTINGS: Readonly<Record<string, string>> = {
  s3bucket: 'bucket that holds the images; setting it moves the registry into the bucket',
  bucketName: 'the same, by its other name in Deis v1; counts when s3accessKey is set',
  s3accessKey: 'access key',
  s3secretKey: 'secret key',
  s3region: 'region; us-east-1 by default',
  s3path: 'folder in the bucket; /registry by default',
  s3endpoint: 'address of a service that speaks the S3 protocol, http://host:port',
  s3encrypt: 'whether the service encrypts what it keeps; true by default',
  s3secure: 'whether to speak TLS to the service; true by default',
};

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  on: true,
  off: false,
  '1': true,
  '0': false,
};

/** What is wrong with one value, whatever the others are; undefined: nothing. */
export function registryValueProblem(name: string, value: string): string | undefined {
  if (!Object.hasOwn(REGISTRY_SETTINGS, name)) return 'the registry has no such setting';
  if (name === 's3encrypt' || name === 's3secure') {
    return Object.hasOwn(FLAGS, value) ? undefined : 'must be true or false';
  }
  if (name === 's3endpoint' && !URL.canParse(value)) return 'must be like https://host:port';
  if ((name === 's3bucket' || name === 'bucketName') && !/^[a-z0-9][a-z0-9.-]{2,62}$/.test(value)) {
    return 'is not a name of a bucket';
  }
  return undefined;
}

/** All settings of the component together. A problem names what to set. */
export function readStorage(
  values: Readonly<Record<string, string>>,
): { storage: Storage } | { problem: string } {
  const access = values['s3accessKey'];
  const secret = values['s3secretKey'];
  const bucket = values['s3bucket'] ?? (access === undefined ? undefined : values['bucketName']);
  if (bucket === undefined) {
    if (access === undefined) return { storage: { kind: 'filesystem' } };
    return { problem: 's3accessKey is set, but s3bucket is not' };
  }
  if ((access === undefined) !== (secret === undefined)) {
    return { problem: 's3accessKey and s3secretKey must be set both, or none of them' };
  }
  for (const [name, value] of Object.entries(values)) {
    const problem = name in REGISTRY_SETTINGS ? registryValueProblem(name, value) : undefined;
    if (problem !== undefined) return { problem: `${name} ${problem}` };
  }
  const endpoint = values['s3endpoint'];
  return {
    storage: {
      kind: 's3',
      bucket,
      region: values['s3region'] ?? 'us-east-1',
      path: values['s3path'] ?? '/registry',
      ...(access !== undefined && secret !== undefined && { keys: { access, secret } }),
      ...(endpoint !== undefined && { endpoint }),
      encrypt: FLAGS[values['s3encrypt'] ?? 'true'] ?? true,
      secure: FLAGS[values['s3secure'] ?? 'true'] ?? true,
    },
  };
}
