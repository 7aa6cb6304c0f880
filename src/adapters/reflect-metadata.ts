// The few functions of the Reflect metadata proposal that the certificate library's dependency container asks for when it loads.
// Import this file before '@peculiar/x509'.

type Key = string | symbol;
interface MetadataReflect {
  defineMetadata(key: Key, value: unknown, target: object, property?: Key): void;
  getOwnMetadata(key: Key, target: object, property?: Key): unknown;
  getMetadata(key: Key, target: object, property?: Key): unknown;
}

const records = new WeakMap<object, Map<string, unknown>>();
const spelled = (key: Key, property?: Key) => `${String(key)}\u0000${String(property ?? '')}`;

const metadata: MetadataReflect = {
  defineMetadata(key, value, target, property) {
    const record = records.get(target) ?? new Map<string, unknown>();
    records.set(target, record.set(spelled(key, property), value));
  },
  getOwnMetadata(key, target, property) {
    return records.get(target)?.get(spelled(key, property));
  },
  getMetadata(key, target, property) {
    for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
      const value = metadata.getOwnMetadata(key, at, property);
      if (value !== undefined) return value;
    }
    return undefined;
  },
};

if (!('getMetadata' in Reflect)) Object.assign(Reflect, metadata);
