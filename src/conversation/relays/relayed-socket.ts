import { NOBODY, type SessionId, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { FrameSink, Receiver } from "../sockets/receiver.ts";
import {
  CLASSES,
  type ClassFrames,
  classOf,
  type RelayNumber,
  type SocketClass,
  type SocketWishes,
} from "./relay-update.ts";

/** A socket that a relay holds, with the number that the relay has given it. */
export interface RelayedPlace {
  relay: RelayNumber;
  number: number;
  userId: UserId;
  sessionId: SessionId;
  showsThreads: boolean;
  takesChanges: boolean;
  takesParts: boolean;
  echoes: boolean;
}

/** From so many characters on, acks come without their messages. */
const MAX_WAITING = LIMITS.echoedBytes;

/** A socket that a relay holds, as its conversation sends it acks. */
export class RelayedSocket implements Receiver {
  readonly isLive = true;
  readonly lags = false;
  /** its session has ended: what it has sent and waits takes no effect */
  isClosing = false;
  readonly place: RelayedPlace;
  /** the characters of answers that wait for the relay */
  waiting = 0;
  readonly #answer: (frames: readonly string[], sends: number) => void;

  /** @param answer takes frames that answer so many sends */
  constructor(place: RelayedPlace, answer: (frames: readonly string[], sends: number) => void) {
    this.place = place;
    this.#answer = answer;
  }

  get userId(): UserId {
    return this.place.userId;
  }

  get showsThreads(): boolean {
    return this.place.showsThreads;
  }

  get takesChanges(): boolean {
    return this.place.takesChanges;
  }

  get takesParts(): boolean {
    return this.place.takesParts;
  }

  get echoes(): boolean {
    return this.place.echoes;
  }

  get hasRoomForPage(): boolean {
    return this.waiting < MAX_WAITING;
  }

  send(frame: string): void {
    this.answer([frame], 0);
  }

  sendAck(frame: string): void {
    this.answer([frame], 0);
  }

  /** Sends frames that answer so many of the socket's sends. */
  answer(frames: readonly string[], sends: number): void {
    this.waiting += frames.reduce((sum, frame) => sum + frame.length, 0);
    this.#answer(frames, sends);
  }
}

/**
 * Collects the frames of a relay's item: those of each class, and those of users who have a view of their
 * own.
 */
export class ItemFrames implements FrameSink<Receiver> {
  readonly #shared = new Map<SocketClass, readonly string[]>();
  readonly #own = new Map<UserId, Map<SocketClass, readonly string[]>>();
  /** for whom frames are made */
  readonly viewers: readonly Receiver[];

  /** @param users who have a view of their own, with or without frames */
  constructor(users: Iterable<UserId>) {
    for (const id of users) this.#own.set(id, new Map());
    this.viewers = [NOBODY, ...this.#own.keys()].flatMap((id) => CLASSES.map((wishes) => viewer(id, wishes)));
  }

  deliver(viewer: Receiver, frames: readonly string[]): void {
    if (frames.length > 0) this.#framesOf(viewer.userId).set(classOf(viewer), frames);
  }

  /** Has all sockets of a user sent a frame. */
  tell(userId: UserId, frame: string): void {
    const frames = [frame];
    for (const wishes of CLASSES) this.#framesOf(userId).set(classOf(wishes), frames);
  }

  /** Whether a viewer stands for all who have no view of their own. */
  isAll({ userId }: Receiver): boolean {
    return userId === NOBODY;
  }

  get frames(): { shared: ClassFrames; own: ReadonlyMap<UserId, ClassFrames> } {
    return { shared: this.#shared, own: this.#own };
  }

  #framesOf(userId: UserId): Map<SocketClass, readonly string[]> {
    const frames = userId === NOBODY ? this.#shared : (this.#own.get(userId) ?? new Map());
    if (userId !== NOBODY) this.#own.set(userId, frames);
    return frames;
  }
}

const unsent = () => undefined;

function viewer(userId: UserId, wishes: SocketWishes): Receiver {
  const state = { isLive: true, isClosing: false, lags: false, echoes: false, hasRoomForPage: true };
  return { userId, ...state, ...wishes, send: unsent, sendAck: unsent };
}
