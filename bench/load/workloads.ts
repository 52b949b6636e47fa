/** A load on a target: a number of rooms at once, each with one sender or with all its members sending. */
export type Workload = {
  name: string;
  /**
   * Whether messages are sent as frames of a room socket, as frames of a device socket, or as HTTP requests.
   * A target without device sockets takes the second as the first. `client`: through parley-client, by a
   * process of its own.
   */
  over: "socket" | "device" | "http" | "client";
  rooms: number;
  /** Members of a room, each with a socket unless messages are sent over HTTP. */
  members: number;
  /** The members that send: the first of each room, or all. */
  senders: Senders;
  /** Messages in flight in a room: sent, but not yet acknowledged and received by all. */
  window: number;
  /** Messages in flight of one sender. Less than the window if several senders share it. */
  share: number;
  /** The pause of a sender after each message, in ms. */
  pauseMs: number;
  /** Whether a sender puts all that it may send into one frame. */
  arrays: boolean;
};

/** Which members of a room send. */
type Senders = (typeof SENDERS)[number];
export const SENDERS = ["one", "all"] as const;

type Shape = Pick<Workload, "name" | "rooms" | "members" | "window"> & {
  arrays?: boolean;
  pauseMs?: number;
};

/** The rooms of the workloads, from the lightest to the widest, with their windows for one sender. */
const ROOMS: readonly Shape[] = [
  { name: "W1u", rooms: 1, members: 2, window: 1 },
  { name: "W1", rooms: 1, members: 2, window: 32 },
  { name: "W2", rooms: 1, members: 10, window: 32 },
  { name: "W3", rooms: 1, members: 100, window: 32 },
  { name: "W4", rooms: 50, members: 4, window: 4 },
  { name: "arrays", rooms: 1, members: 2, window: 32, arrays: true },
];

/** The conversations that take messages over HTTP, with their windows. Their members send in turn. */
const POSTS: readonly Shape[] = [
  { name: "H1u", rooms: 1, members: 2, window: 1 },
  { name: "H1", rooms: 1, members: 2, window: 32 },
  { name: "H16", rooms: 16, members: 2, window: 2 },
];

/**
 * Groups in which one message at a time goes to all devices. Crowded groups are quiet before each: their
 * devices hear of messages once a second.
 */
const LARGE: readonly Shape[] = [
  { name: "lone100", rooms: 1, members: 100, window: 1 },
  { name: "lone300", rooms: 1, members: 300, window: 1, pauseMs: 1_500 },
  { name: "lone1000", rooms: 1, members: 1_000, window: 1, pauseMs: 1_500 },
];

/** All workloads. A workload of rooms occurs twice: with one sender, and with all members sending. */
export const workloads: readonly Workload[] = [
  ...ROOMS.flatMap((shape) => SENDERS.map((senders) => overSockets(shape, senders))),
  ...POSTS.map(overHttp),
  ...ROOMS.flatMap(overDevices),
  ...SENDERS.map(overClients),
  ...LARGE.map((shape): Workload => ({ ...overSockets(shape, "one"), over: "device" })),
];

/** The names of all workloads, each once. */
export const workloadNames: readonly string[] = [...new Set(workloads.map(({ name }) => name))];

/** The names of the workloads that run only if they are named: they register hundreds of users. */
const RARE: readonly string[] = ["lone300", "lone1000"];

/** The names of the workloads of a run that names none. */
export const usualWorkloads: readonly string[] = workloadNames.filter((name) => !RARE.includes(name));

/**
 * A workload over room sockets. Members who all send share the window of one sender, at least one message
 * each. A window of one stays one for the room: the members take turns, and a lone message stays alone.
 */
function overSockets({ arrays = false, pauseMs = 0, ...shape }: Shape, senders: Senders): Workload {
  const { window, members } = shape;
  const share = senders === "one" ? window : Math.max(1, Math.floor(window / members));
  const inRoom = senders === "one" || window === 1 ? window : share * members;
  return { ...shape, over: "socket", senders, window: inRoom, share, arrays, pauseMs };
}

/** The same load over a device socket for each member. Arrays are a matter of room sockets. */
function overDevices(shape: Shape): Workload[] {
  if (shape.arrays) return [];
  const name = shape.name.replace("W", "D");
  return SENDERS.map((senders): Workload => ({ ...overSockets(shape, senders), name, over: "device" }));
}

/** Each sender gives its outbox as much as fills several frames, of which one is under way at a time. */
function overClients(senders: Senders): Workload {
  const shape = { name: "client", rooms: 1, members: 2, window: senders === "one" ? 512 : 1_024 };
  return { ...overSockets(shape, senders), over: "client" };
}

function overHttp(shape: Shape): Workload {
  return { ...shape, over: "http", senders: "all", share: shape.window, arrays: false, pauseMs: 0 };
}
