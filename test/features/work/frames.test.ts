import { env } from "cloudflare:workers";
import { beforeAll, describe, test } from "vitest";
import {
  acceptSocket,
  DEVICE_PATH,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";
import { dial, gatewayUrl } from "../../surfaces/kook/gateway-client.ts";
import { connect } from "../../surfaces/usersig/socket.ts";
import { countFrame } from "./frames/counted-frame.ts";
import { CONVERSATIONS, DEVICE_FRAMES } from "./frames/device-frames.ts";
import { ROOM_FRAMES } from "./frames/room-frames.ts";
import { LargeGroup, QUIET, withoutInboxes } from "./large-group.ts";
import { LargeInbox } from "./large-inbox.ts";
import { expectRow } from "./rows.ts";

/** The messages of each part of the log of a group, and the conversations of a user. */
const SIZES = [300, 1_200];

describe("room sockets", () => {
  /** The groups, with a socket of their owner. */
  const worlds: { group: LargeGroup; socket: TestSocket }[] = [];

  beforeAll(async () => {
    const restoreLimits = setNoRateLimits();
    const groups: LargeGroup[] = [];
    for (const size of SIZES) groups.push(await LargeGroup.make(size));
    const restore = setTiming(QUIET);
    const inboxes = withoutInboxes(groups);
    for (const group of groups)
      worlds.push({ group, socket: await openRoom(group.id, group.token, "?threads=all&echo=message") });
    return () => {
      for (const { socket } of worlds) socket.close();
      inboxes[Symbol.dispose]();
      restore();
      restoreLimits();
    };
  });

  test.for(Object.entries(ROOM_FRAMES))("%s", ([, row]) =>
    expectRow(
      row,
      row.cases.map(
        (input) =>
          ({ group, socket }: (typeof worlds)[number]) =>
            countFrame(group.counted, socket, ...input(group)),
      ),
      worlds,
    ),
  );
});

describe("device sockets", () => {
  /** The inboxes, with a socket of a device. */
  const worlds: { inbox: LargeInbox; device: TestSocket }[] = [];

  beforeAll(async () => {
    const restoreLimits = setNoRateLimits();
    const inboxes: LargeInbox[] = [];
    for (const size of SIZES) inboxes.push(await LargeInbox.make(size, CONVERSATIONS));
    const restore = setTiming(QUIET);
    for (const inbox of inboxes) {
      const device = acceptSocket(await upgrade(`${DEVICE_PATH}?echo=message`, inbox.signedIn.token));
      await device.next("ready");
      worlds.push({ inbox, device });
    }
    return () => {
      for (const { device } of worlds) device.close();
      restore();
      restoreLimits();
    };
  });

  /** A socket of the gateway for bots, whose frames have signals for types. */
  async function gatewayOf({ signedIn: bot }: LargeInbox): Promise<TestSocket> {
    await env.DB.prepare("UPDATE users SET bot = 1 WHERE id = ?").bind(bot.user.id).run();
    const read = (frame: object) => ({ ...frame, type: `signal ${Reflect.get(frame, "s")}` });
    const socket = acceptSocket(await dial(await gatewayUrl(bot)), { read });
    await socket.next("signal 1");
    return socket;
  }

  /** A socket of the API that has frames of this command: v1 has all but three. */
  async function socketOf(name: string, { inbox, device }: (typeof worlds)[number]): Promise<TestSocket> {
    if (name === "heartbeat" || name === "resume") return gatewayOf(inbox);
    if (name !== "leave") return device;
    const { token, user } = inbox.signedIn;
    return connect({ name: user.username, sig: token });
  }

  test.for(Object.entries(DEVICE_FRAMES))("%s", ([name, row]) =>
    expectRow(
      row,
      row.cases.map((input) => async (world: (typeof worlds)[number]) => {
        const socket = await socketOf(name, world);
        return countFrame(world.inbox.counted, socket, ...input(world.inbox));
      }),
      worlds,
    ),
  );
});
