import { setTimeout } from "node:timers/promises";
import { WebSocket } from "ws";

/** A device that comes back as parley-client does: after half to all of a pause, which doubles up to 30 s. */
export class Device {
  isReady = false;
  tries = 0;
  #failures = 0;
  #isEnded = false;
  readonly #origin: string;
  readonly #token: string;
  #socket: WebSocket | undefined;

  constructor(origin: string, token: string) {
    this.#origin = origin;
    this.#token = token;
  }

  /** Resolves once the server is ready for it. */
  open(): Promise<void> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${this.#origin.replace("http", "ws")}/v1/socket`, [
        "parley.v1",
        `token.${this.#token}`,
      ]);
      this.#socket = socket;
      this.tries++;
      socket.on("error", () => {});
      socket.once("message", () => {
        this.isReady = true;
        this.#failures = 0;
        resolve();
      });
      socket.once("close", async () => {
        this.isReady = false;
        const pause = Math.min(1_000 * 2 ** this.#failures++, 30_000);
        await setTimeout((pause * (1 + Math.random())) / 2);
        if (!this.#isEnded) await this.open();
        resolve();
      });
    });
  }

  end(): void {
    this.#isEnded = true;
    this.#socket?.close();
  }
}
