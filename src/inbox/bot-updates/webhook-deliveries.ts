import {
  type BotCaller,
  type BotWebhook,
  type KeptBotFormat,
  type NumberedUpdate,
  updateJson,
} from "../../domain/bots/bot-update.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { pauseAfter } from "../../object/backoff.ts";
import type { UpdateQueue } from "./update-queue.ts";

/** Updates that one run sends. */
const RUN = 20;

interface DeliveriesDeps {
  queue: UpdateQueue;
  /** reads the oldest updates as they are to be told */
  read(limit: number): Promise<NumberedUpdate[]>;
  caller: BotCaller;
  format: Pick<KeptBotFormat, "webhookHeaders">;
  jobs: { schedule(kind: "bot_webhook", key: string, due: number): void };
  timing: Pick<Timing, "botUpdates">;
  userId(): UserId;
  waitUntil(work: Promise<unknown>): void;
}

/** Sends updates to the webhook of the bot: one after the other, each at least once. */
export class WebhookDeliveries {
  readonly #deps: DeliveriesDeps;

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps;
  }

  /** Updates wait, or the webhook is new. After a failure the job is scheduled already. */
  begin(): void {
    const { jobs, queue } = this.#deps;
    if (queue.state?.webhook && queue.state.failures === 0) jobs.schedule("bot_webhook", "", Date.now());
  }

  /** The `bot_webhook` job. */
  async run(): Promise<number | null> {
    const { queue, read } = this.#deps;
    for (let sent = 0; sent < RUN; sent++) {
      const [update] = await read(1);
      const webhook = queue.state?.webhook;
      if (!webhook || !update) return null;
      if (webhook.expiresAt <= Date.now()) {
        queue.setWebhook(null);
        return null;
      }
      const { status, error, json } = await this.#call(webhook, update);
      // Another webhook has been set meanwhile: it is told the same.
      if (queue.state?.webhook !== webhook) return queue.state?.webhook ? Date.now() : null;
      if (status === null) return this.#failed(error);
      if (status < 200 || status >= 300) return this.#failed(`Wrong response from the webhook: ${status}`);
      queue.note(null);
      queue.confirm(update.id + 1);
      if (json !== undefined) this.#answered(webhook, json);
    }
    return Date.now();
  }

  #call(webhook: BotWebhook, update: NumberedUpdate): ReturnType<BotCaller["call"]> {
    const { caller, format } = this.#deps;
    const headers = { "Content-Type": "application/json", ...format.webhookHeaders(webhook) };
    return caller.call(webhook.url, headers, updateJson(update));
  }

  /** A webhook may answer with a call. */
  #answered(webhook: BotWebhook, json: unknown): void {
    const { caller, queue, userId, waitUntil } = this.#deps;
    const making = caller.make(userId(), webhook, json).then((error) => {
      if (error !== null && queue.state?.webhook === webhook) queue.show({ at: Date.now(), error });
    });
    waitUntil(making);
  }

  #failed(error: string): number {
    const { queue, timing, userId } = this.#deps;
    const now = Date.now();
    queue.note({ at: now, error });
    const failures = queue.state?.failures ?? 1;
    log("warn", "bot_webhook_failed", { user: userId(), tries: failures, detail: error });
    return now + pauseAfter(failures, timing.botUpdates);
  }
}
