/**
 * The service worker of the page: it keeps the page and its scripts, so that the page opens without a
 * connection. It never answers for an API: what it does not know goes to the network as if it were not there.
 */
// A module has a `self` of its own.
export {};

declare const self: ServiceWorkerGlobalScope;
/** What the page of this build consists of, as paths. The build writes it. */
declare const FILES: readonly string[];
/** The name of this build, which another content changes. */
declare const BUILD: string;

const PREFIX = "parley-shell-";
/** Where answers wait for a page that sends them: web/src/lib/stored.ts. */
const ANSWERS = "parley-answers";
/** Where what another app shares waits for a page, and the address that the manifest names for it. */
const SHARED = "parley-shared";
const SHARED_AT = "/share";
/** An open page of the build before may still ask for its scripts, which the server no longer has. */
const KEPT_BUILDS = 2;
/** The script for pages of others keeps its name, so a kept one would grow old. */
const EMBEDDED = "/assets/embed.js";

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});
self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method === "POST" && origin === location.origin && pathname === SHARED_AT)
    event.respondWith(keepShared(event.request));
  if (method !== "GET" || origin !== location.origin || pathname === EMBEDDED) return;
  if (pathname === "/") event.respondWith(newest(event.request));
  else if (/^\/(assets|icons)\//.test(pathname) || FILES.includes(pathname))
    event.respondWith(kept(event.request));
});

self.addEventListener("push", (event) => {
  event.waitUntil(tell(event.data?.json()));
});

self.addEventListener("notificationclick", (event) => {
  const { notification, action, reply }: NotificationEvent & { reply?: string } = event;
  notification.close();
  const { data } = notification;
  // Of what an open page shows it is the address alone.
  if (typeof data === "string") event.waitUntil(show(data));
  else event.waitUntil(action === "answer" && reply ? answer(data, reply) : show(data.to));
});

/** Keeps all of this build, or fails: half a page would be of no use. */
async function install(): Promise<void> {
  const cache = await caches.open(PREFIX + BUILD);
  await cache.addAll(FILES.map((path) => new Request(path, { cache: "no-cache" })));
  // Files have the hash of their content in their names, so this build disturbs no page of another one.
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  const builds = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const others = builds.filter((name) => name !== PREFIX + BUILD);
  // The oldest comes first.
  const old = others.slice(0, Math.max(0, others.length - KEPT_BUILDS + 1));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page as the server has it, or as it was kept when the server gives no answer, is busy or broken. */
async function newest(request: Request): Promise<Response> {
  const answer = await fetch(request).catch(() => Response.error());
  // A redirect has no status here.
  if (answer.type !== "error" && answer.status < 500 && answer.status !== 429) return answer;
  const cache = await caches.open(PREFIX + BUILD);
  return (await cache.match("/")) ?? answer;
}

/** A file that never changes. */
async function kept(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** Keeps what another app shares, in the place of what it shared before, for the page that comes next. */
async function keepShared(request: Request): Promise<Response> {
  const form = await request.formData();
  // Who was asked about what was there is in it.
  await caches.delete(SHARED);
  const cache = await caches.open(SHARED);
  await cache.put(SHARED_AT, new Response(form));
  return Response.redirect("/", 303);
}

/** What the server pushes: see /docs/push. */
interface Push {
  kind: "message" | "mention" | "edit" | "clear";
  user_id: number;
  conversation_id: number;
  seq: number;
  title: string;
  text: string;
  badge: number;
}

/** What a notification of a push is about. */
interface Subject extends Pick<Push, "user_id" | "conversation_id"> {
  /** the part of the page's address from `#` on */
  to: string;
}

/** Answers that are typed into the notification: browsers that have no such field open the page. */
const ANSWER = {
  action: "answer",
  type: "text",
  title: navigator.language.startsWith("zh") ? "回复" : "Reply",
};

/**
 * Shows what the server pushes, or closes what it pushed before. A page that is open has shown the same: the
 * tag is that of `attention/news.ts`, so that one takes the place of the other.
 */
async function tell({ kind, user_id, conversation_id: id, seq, title, text, badge }: Push): Promise<void> {
  const tag = `conversation-${id}`;
  const standing = await self.registration.getNotifications({ tag });
  if (kind === "clear") for (const notification of standing) notification.close();
  else {
    const data: Subject = { to: `#/c/${id}/m/${seq}`, user_id, conversation_id: id };
    const renotify = kind !== "edit" && standing.length > 0;
    const options = { body: text, tag, data, icon: "/icons/icon.svg", renotify, actions: [ANSWER] };
    await self.registration.showNotification(title, options);
  }
  if ("setAppBadge" in navigator) await navigator.setAppBadge(badge);
}

/** Shows what a notification tells of. @param address the part of the page's address from `#` on */
async function show(address: string): Promise<void> {
  const page = await openPage();
  if (!page) {
    await self.clients.openWindow(`/${address}`);
    return;
  }
  page.postMessage(address);
  await page.focus();
}

/** The window that shows the page. Windows with documents and files of the server show none. */
async function openPage(): Promise<WindowClient | undefined> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.find(({ url }) => new URL(url).pathname === "/");
}

/** Has a page send an answer: one that is open, else one that is opened for it. */
async function answer({ to, user_id, conversation_id }: Subject, text: string): Promise<void> {
  const cache = await caches.open(ANSWERS);
  const kept = Response.json({ user_id, conversation_id, text });
  await cache.put(`/${crypto.randomUUID()}`, kept);
  const page = await openPage();
  if (page) page.postMessage("answers");
  else await self.clients.openWindow(`/${to}`);
}
