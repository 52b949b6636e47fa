import { expect } from "vitest";
import { z } from "zod";
import { nextTurn } from "../../event-loop.ts";
import { call } from "../api.ts";
import { acceptSocket, type Closing, type TestSocket, upgrade } from "../socket.ts";
import { type Kept, type Send, Shown, type Steps } from "./kept.ts";

const Page = z.object({ items: z.array(Shown), has_more: z.boolean() });

const ORIGIN = "https://parley.test";
/** The server takes this many sends in a frame. */
const MAX_SENDS = 100;
/** Sockets that a recipe opens before it is said to open them for ever. */
const MAX_OPENED = 50;

/**
 * A client in a browser that follows one of the two recipes of docs/guides/resume.md. It does what a step
 * says when the step says it, and nothing else. The pauses before opening again are left out.
 */
export abstract class Recipe {
  protected abstract readonly steps: Steps;
  protected token: string;
  readonly #signIn: () => Promise<string>;
  protected socket: TestSocket | undefined;
  #taken = 0;
  /** the loads over HTTP that may be under way */
  readonly #loads: Promise<void>[] = [];
  /** how each socket has ended, in order */
  readonly ends: Closing[] = [];

  /** @param signIn signs in again, for a new token */
  constructor(token: string, signIn: () => Promise<string>) {
    this.token = token;
    this.#signIn = signIn;
  }

  /** The path of the socket (step 2). */
  protected abstract path(): string;
  /** Does the steps that follow `ready`. */
  protected abstract ready(): void;
  /** The conversations that it keeps. */
  protected abstract kept(): Iterable<Kept>;

  /** Sends texts, or keeps them until a socket is open. */
  send(...sends: Send[]): void {
    for (const send of sends) this.steps.unanswered.set(send.clientMsgId, send);
    if (this.socket?.isOpen) this.repeat(sends);
  }

  /** The connection is lost. Frames that have not arrived by now are lost, too. */
  lose(): void {
    this.#take();
    this.socket?.close();
    this.socket = undefined;
  }

  /**
   * Goes through the recipe until it is up to date: no conversation is behind, no send unanswered, and
   * `holds`.
   */
  async settle(holds: () => boolean = () => true): Promise<void> {
    const isDone = () => {
      const isBehind = [...this.kept()].some((kept) => kept.isBehind);
      return !isBehind && this.steps.unanswered.size === 0 && holds();
    };
    for (;;) {
      const socket = this.socket ?? (await this.#open());
      await socket.until(() => {
        this.#take();
        return isDone() || !socket.isOpen;
      });
      if (isDone() && this.#loads.length === 0) return;
      await Promise.all(this.#loads.splice(0));
      if (socket.isOpen) continue;
      this.socket = undefined;
      await this.#end(await socket.closed());
    }
  }

  /** Runs a load over HTTP, to whose end `settle` waits. */
  protected load(work: () => Promise<void>): void {
    this.#loads.push(work());
  }

  /** All messages before a seq, in pages over HTTP: room 2, device 6. */
  protected async older(conversationId: number, before: number, kept: Kept): Promise<void> {
    for (let end = before, hasMore = true; hasMore; ) {
      const path = `/v1/conversations/${conversationId}/messages?limit=100&before=${end}`;
      const { items, has_more } = Page.parse((await call("GET", path, { token: this.token })).body);
      for (const message of items) kept.show(message);
      end = items[0]?.seq ?? 0;
      hasMore = has_more;
    }
  }

  /** Repeats sends: room 4 and 7, device 4 and 10. */
  protected repeat(sends: readonly Send[]): void {
    for (let i = 0; i < sends.length; i += MAX_SENDS) this.sendFrame(sends.slice(i, i + MAX_SENDS));
  }

  protected abstract sendFrame(sends: readonly Send[]): void;

  /** Step 2 of both. */
  async #open(): Promise<TestSocket> {
    expect(this.ends.length, "it opens sockets for ever").toBeLessThan(MAX_OPENED);
    const offered = { Origin: ORIGIN, "Sec-WebSocket-Protocol": `parley.v1, token.${this.token}` };
    const socket = acceptSocket(await upgrade(this.path(), undefined, offered));
    this.socket = socket;
    this.#taken = 0;
    await socket.until(({ frames }) => frames.length > 0 || !socket.isOpen);
    if (socket.frames[0]?.type === "ready") this.ready();
    return socket;
  }

  /** The last step of both: what the table of close codes says. */
  async #end(closing: Closing): Promise<void> {
    this.ends.push(closing);
    const { code, reason } = closing;
    const mustSignIn = ["token_expired", "session_ended", "invalid_token"].includes(reason);
    if (code === 4001 && mustSignIn) this.token = await this.#signIn();
    else if ([4001, 4400, 4404].includes(code)) throw new Error(`it ends for good: ${code} ${reason}`);
    await nextTurn();
  }

  #take(): void {
    const frames = this.socket?.frames ?? [];
    while (this.#taken < frames.length) {
      const frame = frames[this.#taken++];
      if (frame) this.steps.take(frame);
    }
  }
}
