import type { BrowserContext, Page, Worker } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Person } from "../../scripts/support/person.ts";
import { Site } from "./support/site.ts";
import { row } from "./support/talk.ts";

const site = Site.forFile();

const Settings = z.object({ devices: z.array(z.object({ device_id: z.string(), kind: z.string() })) });

/** The devices that the server pushes to. */
const devices = async (person: Person) => Settings.parse(await person.call("GET", "/v1/push")).devices;

/** A browser whose user has allowed notifications, and whose push service is not there. */
async function allowing(person: Person): Promise<BrowserContext> {
  const context = await site.device({ person, hasServiceWorker: true });
  await context.grantPermissions(["notifications"], { origin: site.origin });
  await context.addInitScript(() => {
    let isSubscribed = false;
    const subscription = {
      toJSON: () => ({
        endpoint: "https://fcm.googleapis.com/fcm/send/one",
        keys: {
          p256dh: "BLTk6dkYQpzN4qyrnbyrlMTQcsDcM-2OC_ZV-6a95-jsNpk6iaSiwvEq8V5fYjgxRr9Qq9djhIwTmWVGzPS2rRw",
          auth: "AAAAAAAAAAAAAAAAAAAAAA",
        },
      }),
      unsubscribe: async () => {
        isSubscribed = false;
        return true;
      },
    };
    Object.assign(PushManager.prototype, {
      subscribe: async () => {
        isSubscribed = true;
        return subscription;
      },
      getSubscription: async () => (isSubscribed ? subscription : null),
    });
    Object.assign(window, { isSubscribed: () => isSubscribed });
  });
  return context;
}

const isSubscribed = (page: Page) => page.evaluate(() => Reflect.get(window, "isSubscribed")());

async function workerOf(context: BrowserContext): Promise<Worker> {
  return context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
}

/** Has the service worker get a push, and returns what it shows then. */
function push(worker: Worker, payload: object): Promise<unknown> {
  return worker.evaluate(async (data) => {
    const scope = Reflect.get(globalThis, "registration");
    let done: unknown;
    const event = Object.assign(new Event("push"), {
      data: { json: () => data },
      waitUntil: (work: unknown) => {
        done = work;
      },
    });
    globalThis.dispatchEvent(event);
    await done;
    const shown: Notification[] = await scope.getNotifications();
    return shown.map(({ title, body, tag, data: to }) => ({ title, body, tag, to }));
  }, payload);
}

test("a browser that may notify is pushed to, until its user wants none or signs out", async () => {
  const ann = await site.person("ann");
  const context = await allowing(ann);
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/settings`);
  const choice = page.getByLabel("Show notifications");
  expect(await devices(ann)).toEqual([]);
  await choice.check();
  await expect.poll(() => devices(ann)).toMatchObject([{ kind: "webpush" }]);
  const [first] = await devices(ann);
  await page.reload();
  await choice.waitFor();
  expect(await choice.isChecked()).toBe(true);
  await expect.poll(() => isSubscribed(page)).toBe(true);
  expect((await devices(ann)).map((one) => one.device_id)).toEqual([first?.device_id]);
  await choice.uncheck();
  await expect.poll(() => devices(ann)).toEqual([]);
  expect(await isSubscribed(page)).toBe(false);
  await choice.check();
  await expect.poll(() => devices(ann)).toHaveLength(1);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await expect.poll(() => isSubscribed(page)).toBe(false);
});

test("a push is shown, replaced and closed, and leads to its message", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openGroup("Hike", [ann]);
  const { seq } = await ben.send(id, "the tent is here");
  const context = await allowing(ann);
  const page = await context.newPage();
  await page.goto(site.origin);
  await row(page, "Hike").waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const worker = await workerOf(context);
  const about = { conversation_id: id, seq, title: "Hike", badge: 1 };
  const tag = `conversation-${id}`;
  const to = `#/c/${id}/m/${seq}`;
  expect(await push(worker, { ...about, kind: "message", text: "ben: the tnt" })).toEqual([
    { title: "Hike", body: "ben: the tnt", tag, to },
  ]);
  expect(await push(worker, { ...about, kind: "edit", text: "ben: the tent" })).toEqual([
    { title: "Hike", body: "ben: the tent", tag, to },
  ]);
  await worker.evaluate((data) => {
    const event = Object.assign(new Event("notificationclick"), {
      notification: { data, close: () => {} },
      waitUntil: () => {},
    });
    globalThis.dispatchEvent(event);
  }, to);
  await page.waitForURL(`**/${to}`);
  expect(await push(worker, { ...about, kind: "clear", title: "", text: "" })).toEqual([]);
});
