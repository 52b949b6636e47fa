import { env } from "cloudflare:workers";
import { beforeAll, describe } from "vitest";
import {
  acceptSocket,
  DEVICE_PATH,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { dial, gatewayUrl } from "../../surfaces/kook/gateway-client.ts";
import { connect } from "../../surfaces/usersig/socket.ts";
import { type ClientFrame, countFrame } from "./frames/counted-frame.ts";
import { CONVERSATIONS, DEVICE_FRAMES } from "./frames/device-frames.ts";
import { ROOM_FRAMES } from "./frames/room-frames.ts";
import { type LargeGroup, largeGroups, QUIET } from "./large-group.ts";
import { LargeInbox } from "./large-inbox.ts";
import { playRows, worldsOf } from "./rows.ts";

/** Opens a socket in each world before the tests of a block, and closes them afterwards. */
function socketsOf<World>(worlds: World[], open: (world: World) => Promise<TestSocket>) {
  const sockets = new Map<World, TestSocket>();
  beforeAll(async () => {
    for (const world of worlds) sockets.set(world, await open(world));
    return () => {
      for (const socket of sockets.values()) socket.close();
    };
  });
  return (world: World): TestSocket => {
    const socket = sockets.get(world);
    if (!socket) throw new Error("each world has a socket");
    return socket;
  };
}

describe("room sockets", () => {
  const groups = largeGroups();
  const socketOf = socketsOf(groups, ({ id, token }) => openRoom(id, token, "?threads=all&echo=message"));

  playRows<LargeGroup, [ClientFrame]>("Room sockets", ROOM_FRAMES, groups, (group, _, [frame]) =>
    countFrame(group.counted, socketOf(group), frame),
  );
});

describe("device sockets", () => {
  const inboxes = worldsOf((size) => LargeInbox.make(size, CONVERSATIONS), QUIET);
  const deviceOf = socketsOf(inboxes, async ({ signedIn }) => {
    const device = acceptSocket(await upgrade(`${DEVICE_PATH}?echo=message`, signedIn.token));
    await device.next("ready");
    return device;
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
  async function socketOf(name: string, inbox: LargeInbox): Promise<TestSocket> {
    if (name === "heartbeat" || name === "resume") return gatewayOf(inbox);
    if (name !== "leave") return deviceOf(inbox);
    const { token, user } = inbox.signedIn;
    return connect({ name: user.username, sig: token });
  }

  playRows<LargeInbox, [ClientFrame]>(
    "Device sockets",
    DEVICE_FRAMES,
    inboxes,
    async (inbox, name, [frame]) => countFrame(inbox.counted, await socketOf(name, inbox), frame),
  );
});
