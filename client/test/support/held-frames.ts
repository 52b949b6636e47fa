import { vi } from "vitest";

/** The sockets of a test, which hold back frames of the server on their way to the client. */
export class HeldFrames {
  readonly #held: (() => void)[] = [];
  #isHeld: (frame: string) => boolean = () => false;

  /** Takes the place of `WebSocket` until `vi.unstubAllGlobals`. */
  constructor() {
    const take = (frame: string, pass: () => void) => {
      if (this.#isHeld(frame)) this.#held.push(pass);
      else pass();
    };
    vi.stubGlobal(
      "WebSocket",
      class extends WebSocket {
        override set onmessage(listener: (event: MessageEvent<string>) => void) {
          super.onmessage = (event) => take(event.data, () => listener.call(this, event));
        }
      },
    );
  }

  /** Holds back the frames of some types from now on. */
  hold(...types: string[]): void {
    this.#isHeld = (frame) => types.some((type) => frame.startsWith(`{"type":"${type}"`));
  }

  /** Passes what was held back, in order, and everything from now on. */
  pass(): void {
    this.#isHeld = () => false;
    for (const pass of this.#held.splice(0)) pass();
  }
}
