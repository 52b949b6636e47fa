/** A load on a target: a number of rooms at once, with one sender each. */
export type Workload = {
  name: string;
  rooms: number;
  /** Sockets in a room, with the sender's. */
  members: number;
  /** Messages in flight in a room: sent, but not yet acknowledged and received by all. */
  window: number;
  /** Whether the sender puts all that it may send into one frame. */
  arrays: boolean;
};

/** All workloads, from the lightest to the widest. */
export const workloads: readonly Workload[] = [
  { name: "W1u", rooms: 1, members: 2, window: 1, arrays: false },
  { name: "W1", rooms: 1, members: 2, window: 32, arrays: false },
  { name: "W2", rooms: 1, members: 10, window: 32, arrays: false },
  { name: "W3", rooms: 1, members: 100, window: 32, arrays: false },
  { name: "W4", rooms: 50, members: 4, window: 4, arrays: false },
  { name: "arrays", rooms: 1, members: 2, window: 32, arrays: true },
];
