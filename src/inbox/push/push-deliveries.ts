import { isArchived, isSilentAt } from "../../domain/conversations/archive.ts";
import type { CallingEntry } from "../../domain/conversations/conversation-list.ts";
import type { ConversationId, SessionId, UserId } from "../../domain/ids.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { Push, PushOutcome, PushServices, UserDirectory } from "../../domain/ports.ts";
import type { PushDeviceId } from "../../domain/push/device.ts";
import { requiresNotice } from "../../domain/push/hosts.ts";
import { type PushedMessage, type PushPurpose, pushTexts } from "../../domain/push/payload.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { pauseAfter } from "../../object/backoff.ts";
import { Semaphore } from "../../object/concurrency.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import type { PushDevice, PushDevices } from "./push-devices.ts";
import type { PushNotice, PushNotices, Shown } from "./push-notices.ts";
import type { PushedMessages } from "./pushed-messages.ts";

/** The pushes of a user that are under way at once: the platform opens six connections of an event. */
const MAX_AT_ONCE = 4;

interface PushDeliveriesDeps {
  devices: PushDevices;
  notices: PushNotices;
  messages: PushedMessages;
  services: PushServices;
  directory: Pick<UserDirectory, "archiveStates">;
  list: Pick<ConversationList, "calling">;
  metrics: Metrics;
  timing: Pick<Timing, "push">;
  userId(): UserId;
}

/** What all devices are to show of a conversation. `pushed` null: it is cleared. */
interface Content {
  notice: PushNotice | null;
  pushed: PushedMessage | null;
  badge: number;
}

/**
 * Brings each device to what it is to show. That a device was sent something is stored before it is sent: a
 * crash, or a service that does not answer, loses a push, and none comes twice. Only what a service says that
 * it has not taken is sent again.
 */
export class PushDeliveries {
  readonly #deps: PushDeliveriesDeps;
  readonly #turns = new Semaphore(MAX_AT_ONCE);

  constructor(deps: PushDeliveriesDeps) {
    this.#deps = deps;
  }

  /** Forgets what a device was sent: it is another installation now. */
  forgetSent(id: PushDeviceId): void {
    this.#deps.notices.forgetDevice(id);
  }

  /** Forgets the devices of a session that has ended. */
  endSession(sessionId: SessionId): void {
    for (const device of this.#deps.devices.all()) if (device.sessionId === sessionId) this.forget(device.id);
  }

  /** Forgets all devices: the account is deleted. */
  stop(): void {
    for (const { id } of this.#deps.devices.all()) this.forget(id);
  }

  /** Forgets a device, and what it was sent. */
  forget(id: PushDeviceId): void {
    const { devices, notices } = this.#deps;
    devices.delete(id);
    notices.forgetDevice(id);
    if (devices.isEmpty) notices.clear();
  }

  /**
   * Sends the devices what they lack of a conversation.
   * @returns when to go on (ms since 1970); null: each device has it, or is given up
   * @throws if the conversation or D1 does not answer: nothing was sent
   */
  async send(id: ConversationId): Promise<number | null> {
    if (this.#waiting(id).some(isAwake)) {
      const content = await this.#content(id);
      const due = this.#waiting(id).filter(isAwake);
      await Promise.all(due.map((device) => this.#turns.run(() => this.#sendOne(id, device.id, content))));
    }
    const rests = this.#waiting(id).map(({ pausedUntil }) => pausedUntil);
    return rests.length === 0 ? null : Math.min(...rests);
  }

  /** The devices that do not show what they are to show. */
  #waiting(id: ConversationId): PushDevice[] {
    const { devices, notices } = this.#deps;
    const notice = notices.find(id)?.notice ?? null;
    const shown = notices.deliveries(id);
    return devices.all().filter((device) => missing(notice, shown.get(device.id), device) !== null);
  }

  /** What the devices are to show. A message that the user does not see any more is cleared. */
  async #content(id: ConversationId): Promise<Content> {
    const { directory, list, messages, notices, userId } = this.#deps;
    const notice = notices.find(id)?.notice ?? null;
    const pushed = notice && (await messages.read(id, notice.seq));
    const badge = await badgeOf(list.calling(), directory, userId());
    if (pushed && !pushed.message.revoked) return { notice, pushed, badge };
    if (notice && isSame(notices.find(id)?.notice, notice)) notices.setNotice(id, null);
    return { notice: null, pushed: null, badge };
  }

  async #sendOne(
    id: ConversationId,
    deviceId: PushDeviceId,
    { notice, pushed, badge }: Content,
  ): Promise<void> {
    const { devices, notices, services, metrics, timing, userId } = this.#deps;
    // The session may have ended, and the message may have been read meanwhile: the job runs again for that.
    const device = devices.get(deviceId);
    const current = notices.find(id)?.notice ?? null;
    if (!device || !isSame(current, notice)) return;
    const before = notices.deliveries(id).get(deviceId);
    const kind = missing(notice, before, device);
    if (kind === null) return;
    notices.setDelivery(id, deviceId, notice);
    const { target } = device;
    const seq = notice?.seq ?? before?.seq;
    const isSilent = target.kind === "webpush" && requiresNotice(new URL(target.endpoint).hostname);
    if (seq === undefined || (kind === "clear" && isSilent)) return;
    const now = Date.now();
    const texts = pushed ? pushTexts(pushed, device.content, device.language) : { title: "", text: "" };
    const outcome = await services.send(target, {
      payload: { kind, user_id: userId(), conversation_id: id, seq, ...texts, badge },
      topic: await topicOf(id, target.kind === "webpush" ? target.keys.auth : target.token),
      ttlS: Math.max(1, Math.round(((notice?.expiresAt ?? now + timing.push.ttlMs) - now) / 1_000)),
      urgency: URGENCY[kind],
    } satisfies Push);
    metrics.count("pushes", { kind: target.kind, result: outcome.is });
    this.#settle(id, device, outcome, { before, sent: notice });
  }

  #settle(
    id: ConversationId,
    device: PushDevice,
    outcome: PushOutcome,
    { before, sent }: { before: Shown | undefined; sent: Shown | null },
  ): void {
    const { devices, notices } = this.#deps;
    // Its client may have registered anew meanwhile.
    if (devices.get(device.id) !== device) return;
    switch (outcome.is) {
      case "sent":
        devices.pause(device.id, 0, 0);
        return;
      case "gone":
        this.forget(device.id);
        return;
      case "refused":
        log("warn", "push_refused", { kind: device.target.kind, status: outcome.status });
        return;
      case "unknown":
        this.#pause(device, 0);
        return;
      case "later":
        if (isSame(notices.deliveries(id).get(device.id), sent))
          notices.setDelivery(id, device.id, before ?? null);
        this.#pause(device, outcome.afterMs ?? 0);
    }
  }

  /** Has a device rest, so that a service which is down costs little. */
  #pause({ id, failures }: PushDevice, leastMs: number): void {
    const tries = failures + 1;
    const pauseMs = Math.max(leastMs, pauseAfter(tries, this.#deps.timing.push));
    this.#deps.devices.pause(id, Date.now() + pauseMs, tries);
  }
}

const URGENCY: Record<PushPurpose, Push["urgency"]> = {
  ...{ message: "normal", mention: "high", edit: "low", clear: "low" },
};

function isAwake({ pausedUntil }: PushDevice): boolean {
  return pausedUntil <= Date.now();
}

/** What a device lacks; null: nothing. */
function missing(
  notice: PushNotice | null,
  shown: Shown | undefined,
  device: PushDevice,
): PushPurpose | null {
  if (!notice) return shown ? "clear" : null;
  if (isSame(notice, shown) || notice.expiresAt <= Date.now()) return null;
  if (shown?.seq === notice.seq) return "edit";
  // A device is told of what comes from now on.
  return device.createdAt <= notice.at ? notice.kind : null;
}

function isSame(one: Shown | null | undefined, other: Shown | null | undefined): boolean {
  return one?.seq === other?.seq && one?.version === other?.version;
}

/** 32 characters that tell the push service neither the conversation nor that devices share it. */
async function topicOf(id: ConversationId, secret: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${secret} ${id}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...hash.slice(0, 24)))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/**
 * The number at the app's icon: what calls for the user in all their conversations. An archived one adds
 * nothing, a muted one its mentions. `parley-client` counts in the same way (`badgeOf`).
 */
async function badgeOf(
  entries: readonly CallingEntry[],
  directory: Pick<UserDirectory, "archiveStates">,
  userId: UserId,
): Promise<number> {
  const ids = entries.map(({ conversationId }) => conversationId);
  const states = await directory.archiveStates(userId, ids);
  const now = Date.now();
  return entries.reduce((sum, { conversationId, unread, mentions, newestCounted }) => {
    const state = states.get(conversationId);
    if (!state || isArchived(state, newestCounted)) return sum;
    return sum + (isSilentAt(state, now) ? mentions : Math.max(unread, mentions));
  }, 0);
}
