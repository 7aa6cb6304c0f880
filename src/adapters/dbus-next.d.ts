// What we use of dbus-next: its own types are declared under the name of the fork that package.json puts in its place.

declare module 'dbus-next' {
  export interface Reply {
    type: number;
    path: string;
    interface: string;
    member: string;
    body: unknown[];
  }

  export interface MessageBus {
    call(message: Message): Promise<Reply | null>;
    on(event: 'message', listener: (message: Reply) => void): this;
    on(event: 'error', listener: (error: unknown) => void): this;
  }

  export class Message {
    constructor(fields: {
      destination: string;
      path?: string;
      interface?: string;
      member: string;
      signature?: string;
      body?: unknown[];
    });
  }

  export class DBusError extends Error {
    /** The error's D-Bus name. */
    type: string;
    text: string;
  }

  /** A value with its D-Bus signature. */
  export interface Variant {
    value: unknown;
  }

  export interface Dbus {
    Message: typeof Message;
    DBusError: typeof DBusError;
    MessageType: { SIGNAL: number };
    systemBus(): MessageBus;
    sessionBus(options: { busAddress: string }): MessageBus;
  }

  const dbus: Dbus;
  export default dbus;
}
