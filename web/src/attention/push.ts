import { effect } from "@preact/signals";
import type { Chat } from "parley-client";
import { newId } from "../lib/new-id.ts";
import { stored } from "../lib/stored.ts";
import { type Content, content } from "./choices.ts";
import { showsNotifications, unsubscribe } from "./settings.ts";

/** This browser's name among the devices of its user. */
const device = stored("push-device", (value) => (typeof value === "string" ? value : null));

/**
 * Has the server push to this browser while its user wants notifications: a push comes also where no page is
 * open. What fails is tried again at the next start, as each registers anew: a subscription may have changed.
 * @returns ends it
 */
export function followPushes(chat: Chat): () => void {
  return effect(() => {
    const change = showsNotifications.value ? register(chat, content.value) : unregister(chat);
    change.catch(() => {});
  });
}

async function register({ api }: Chat, shown: Content): Promise<void> {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  // It is ready only once the first start has kept the page.
  const pushes = (await navigator.serviceWorker?.ready)?.pushManager;
  if (!pushes) return;
  const { public_key: key } = await api.call("get", "/v1/push/key");
  const { endpoint, keys } = (await subscribe(pushes, key)).toJSON();
  const { p256dh, auth } = keys ?? {};
  if (!endpoint || !p256dh || !auth) return;
  const id = device.read() ?? newId();
  device.write(id);
  const { lang } = document.documentElement;
  await api.call("put", "/v1/push/{device_id}", {
    path: { device_id: id },
    body: { kind: "webpush", endpoint, keys: { p256dh, auth }, content: shown, language: lang },
  });
}

/** A browser keeps the key under which it has subscribed: another one is of another server, or a new one. */
async function subscribe(pushes: PushManager, applicationServerKey: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey };
  try {
    return await pushes.subscribe(options);
  } catch (error) {
    const before = await pushes.getSubscription();
    if (!before) throw error;
    await before.unsubscribe();
    return pushes.subscribe(options);
  }
}

async function unregister({ api }: Chat): Promise<void> {
  const id = device.read();
  if (id === null) return;
  await unsubscribe();
  await api.call("delete", "/v1/push/{device_id}", { path: { device_id: id } });
  device.write(null);
}
