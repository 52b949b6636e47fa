import { vi } from "vitest";

/** The sockets of a test, which hold back or replace frames of the server on their way to the client. */
export class HeldFrames {
  readonly #held: (() => void)[] = [];
  #isHeld: (frame: string) => boolean = () => false;
  #replacement: { type: string; frame: object } | undefined;

  /** Takes the place of `WebSocket` until `vi.unstubAllGlobals`. */
  constructor() {
    const take = (data: string, pass: (data: string) => void) => {
      if (this.#isHeld(data)) this.#held.push(() => pass(data));
      else pass(this.#replaced(data));
    };
    vi.stubGlobal(
      "WebSocket",
      class extends WebSocket {
        override set onmessage(listener: (event: MessageEvent<string>) => void) {
          super.onmessage = ({ data }) =>
            take(data, (passed) => listener.call(this, new MessageEvent("message", { data: passed })));
        }
      },
    );
  }

  /** How many frames are held back. */
  get count(): number {
    return this.#held.length;
  }

  /** Holds back the frames of some types from now on. */
  hold(...types: string[]): void {
    this.#isHeld = (frame) => types.some((type) => isOf(frame, type));
  }

  /** The next frame of a type comes as another frame. */
  replace(type: string, frame: object): void {
    this.#replacement = { type, frame };
  }

  /** Passes what was held back, in order, and everything from now on. */
  pass(): void {
    this.#isHeld = () => false;
    for (const pass of this.#held.splice(0)) pass();
  }

  #replaced(data: string): string {
    const { type, frame } = this.#replacement ?? {};
    if (!type || !isOf(data, type)) return data;
    this.#replacement = undefined;
    return JSON.stringify(frame);
  }
}

function isOf(frame: string, type: string): boolean {
  return frame.startsWith(`{"type":"${type}"`);
}
