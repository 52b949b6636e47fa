import type { Timing } from "../../domain/timing.ts";

/** Some events of one kind: `value` is their number, or how many ms each took. */
export interface JoinedEvent {
  name: string;
  labels: readonly string[];
  value: number;
}

/**
 * Joins the events of an object: Analytics Engine takes 250 points of an invocation, and drops further ones.
 * Events that go on are joined for twice as long each time. Those that an object has not written when it ends
 * are lost.
 */
export class JoinedEvents {
  readonly #write: (event: JoinedEvent, times: number) => void;
  readonly #timing: Timing["metrics"];
  readonly #waiting = new Map<string, { event: JoinedEvent; times: number }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = 0;
  #writtenAt = 0;

  /** @param write writes events that are alike; never throws */
  constructor(write: (event: JoinedEvent, times: number) => void, timing: Timing["metrics"]) {
    this.#write = write;
    this.#timing = timing;
  }

  /** Adds to the number of such events. */
  count(event: JoinedEvent): void {
    const joined = this.#joined(keyOf(event), { ...event, value: 0 });
    joined.event.value += event.value;
  }

  /** Adds an event that took so long, to two digits. */
  observe({ name, labels, value }: JoinedEvent): void {
    // The clocks of two machines differ.
    const event = { name, labels, value: Number(Math.max(0, value).toPrecision(2)) };
    this.#joined(`${keyOf(event)} ${event.value}`, event).times += 1;
  }

  #joined(key: string, first: JoinedEvent): { event: JoinedEvent; times: number } {
    const joined = this.#waiting.get(key) ?? { event: first, times: 0 };
    this.#waiting.set(key, joined);
    this.#timer ??= setTimeout(() => this.#flush(), this.#nextPause());
    return joined;
  }

  #nextPause(): number {
    const { joinMs, maxJoinMs } = this.#timing;
    const goesOn = Date.now() - this.#writtenAt <= this.#pause;
    this.#pause = goesOn ? Math.min(2 * this.#pause, maxJoinMs) : joinMs;
    return this.#pause;
  }

  #flush(): void {
    this.#timer = undefined;
    this.#writtenAt = Date.now();
    for (const { event, times } of this.#waiting.values()) this.#write(event, times);
    this.#waiting.clear();
  }
}

function keyOf({ name, labels }: JoinedEvent): string {
  return `${name} ${labels.join(" ")}`;
}
