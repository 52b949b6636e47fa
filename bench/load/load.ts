/** A message in flight has landed. `latency`: from its send to the last receipt that counts, in ms. */
export type Landed = (latency: number) => void;

/** A room or conversation under load. It keeps its window full and checks every message. */
export type Load = {
  /** Resolves when the load can start. Rejects with the first failure. */
  opened(): Promise<void>;
  /** Never resolves. Rejects with the first failure. */
  failed(): Promise<never>;
  /** Starts to keep the window full. */
  start(): void;
  /** Stops sending. Messages in flight still land. */
  stop(): void;
  /** Messages that were sent and have not landed. */
  readonly inFlight: number;
  /** @throws an Error unless every member has every message */
  verify(): Promise<void>;
  close(): Promise<void>;
};
