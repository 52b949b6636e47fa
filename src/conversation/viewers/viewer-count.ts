import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import type { Relays } from "../relays/relays.ts";
import type { OpenSockets } from "../sockets/open-sockets.ts";
import type { Viewers } from "./viewers.ts";

/** What the number of those who look is made of, and who hears of it. */
interface ViewerCountDeps {
  viewers: Pick<Viewers, "isAudienceRoom">;
  sockets: Pick<OpenSockets, "userCount" | "countOf">;
  relays: Pick<Relays, "userCount" | "findUserCount">;
  tell(count: number): void;
  timing: Timing["viewers"];
}

/**
 * How many users look at a conversation: those with a room socket, members or not, each once. Who has
 * sockets in the object and in a relay counts twice. The sockets of an audience room are told of changes.
 */
export class ViewerCount {
  readonly #deps: ViewerCountDeps;
  #told: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: ViewerCountDeps) {
    this.#deps = deps;
  }

  /** The number, also of what this object has to ask relays for since it woke. */
  async find(): Promise<number> {
    const { sockets, relays } = this.#deps;
    const inRelays = await relays.findUserCount();
    return sockets.userCount + inRelays;
  }

  /** What a socket is told that opens in the object; null: the conversation is no audience room. */
  with(userId: UserId): number | null {
    const { viewers, sockets, relays } = this.#deps;
    if (!viewers.isAudienceRoom) return null;
    return sockets.userCount + relays.userCount + (sockets.countOf(userId) === 0 ? 1 : 0);
  }

  /** A socket has opened or closed. The others hear of it within the pause. */
  changed(): void {
    const { viewers, timing } = this.#deps;
    if (!viewers.isAudienceRoom) return;
    this.#timer ??= setTimeout(() => void this.#tell(), timing.pauseMs);
  }

  async #tell(): Promise<void> {
    const count = await this.find();
    this.#timer = undefined;
    if (count === this.#told) return;
    this.#told = count;
    this.#deps.tell(count);
  }
}
