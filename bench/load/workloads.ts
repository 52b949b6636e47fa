/** A way of loading a target: so many rooms at once, in each one sender. */
export type Workload = {
  name: string;
  rooms: number;
  /** Sockets in a room, the sender's included. */
  members: number;
  /** Messages in flight in a room: sent, but not yet acked and received by all. */
  window: number;
  /** Whether the sender puts all that it may send into one frame. */
  arrays: boolean;
};

/** All workloads, from the quietest to the widest. */
export const workloads: readonly Workload[] = [
  { name: "W1u", rooms: 1, members: 2, window: 1, arrays: false },
  { name: "W1", rooms: 1, members: 2, window: 32, arrays: false },
  { name: "W2", rooms: 1, members: 10, window: 32, arrays: false },
  { name: "W3", rooms: 1, members: 100, window: 32, arrays: false },
  { name: "W4", rooms: 50, members: 4, window: 4, arrays: false },
  { name: "arrays", rooms: 1, members: 2, window: 32, arrays: true },
];
