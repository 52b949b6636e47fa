import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { newSession, openDeviceSockets, runInboxJobs } from "../../support/accounts/sessions.ts";
import { type Answer, call, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import {
  DEVICE_PATH,
  openDevice,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { breakAt, FAULT_PLACES, type FaultPlace } from "../../support/faults/injected-fault.ts";
import { eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { createGroupId, postText, sessionOf, textFrame } from "../../support/objects/room.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;

beforeAll(() => setTiming({ rpcRetry: { backoffMs: 1 } }));

beforeAll(async () => {
  ann = await register();
});

interface Ending {
  /** ends the session of the phone, from there or from another device */
  end(phone: SignedIn, other: SignedIn): Promise<Answer>;
  /** whether an unanswered call is repeated, as no job completes it */
  repeats: boolean;
}

const ENDINGS: Record<string, Ending> = {
  "logging out": { end: ({ token }) => call("POST", "/v1/logout", { token }), repeats: true },
  "changing the password": {
    end: (_, { token }) =>
      call("POST", "/v1/me/password", { token, body: { current: PASSWORD, next: "another horse" } }),
    repeats: false,
  },
};

async function isEnded(session: SignedIn): Promise<boolean> {
  const query = "SELECT 1 FROM sessions WHERE id = ? AND ended_at IS NOT NULL";
  return (await env.DB.prepare(query).bind(sessionOf(session)).first()) !== null;
}

/** Expects a socket to work, or to be closed by a crash of its object, and not by the server. */
async function expectNotEnded(socket: TestSocket, id: number, at: string): Promise<void> {
  const isRoom = socket.frames.at(0)?.conversation_id !== undefined;
  await socket.untilProcessed(isRoom ? undefined : id).catch(async () => {
    expect([1006, 1011], at).toContain((await socket.closed()).code);
  });
  expect(socket.of("kicked"), at).toEqual([]);
}

/** Ends a session with a fault at one step, and checks the result. */
async function endWithFault({ end, repeats }: Ending, place: FaultPlace, step: number): Promise<StepResult> {
  const bob = await register();
  const phone = await newSession(bob);
  const id = await createGroupId(ann, bob);
  const sockets = [await openDevice(phone.token), await openRoom(id, phone.token)];
  const otherSockets = [await openDevice(bob.token), await openRoom(id, bob.token)];
  let status: number;
  let tried: StepResult;
  {
    using broken = await breakAt(place, step, { conversationId: id, userId: bob.user.id });
    ({ status } = await end(phone, bob));
    tried = { isHit: broken.isHit, steps: broken.steps };
  }
  const at = `${place} ${step} answered ${status}`;
  expect(tried.isHit ? [204, 503] : [204], at).toContain(status);
  // A client without an answer repeats the call.
  if (repeats && status === 503) expect([204, 401], at).toContain((await end(phone, bob)).status);
  for (let attempt = 0; (await runInboxJobs(bob, ["session_lookup", "kick"])) > 0; attempt++)
    if (attempt > 10) throw new Error("no end");
  const ended = await isEnded(phone);
  if (repeats || status === 204) expect(ended, at).toBe(true);
  if (ended) {
    for (const socket of sockets) expect([1006, 4001], at).toContain((await socket.closed()).code);
    for (const path of [DEVICE_PATH, roomPath(id)])
      expect((await upgrade(path, phone.token)).status, at).toBe(401);
    expect(await openDeviceSockets(bob), at).not.toContain(sessionOf(phone));
  } else {
    for (const socket of sockets) await expectNotEnded(socket, id, at);
    await openDevice(phone.token);
  }
  for (const socket of otherSockets) await expectNotEnded(socket, id, at);
  const newDevice = await openDevice(bob.token);
  // A silent device is held for half a second.
  await newDevice.untilProcessed(id);
  const seq = await postText(id, ann, "hello");
  await newDevice.until(({ seqs }) => seqs.includes(seq));
  newDevice.send({ ...textFrame("still here"), conversation_id: id });
  await newDevice.next("ack");
  return tried;
}

/** A kick stores nothing in the conversation, so that place has no steps. */
const PLACES_WITH_STEPS = FAULT_PLACES.filter((place) => place !== "conversation");

const CASES = sampledPairs(Object.entries(ENDINGS), PLACES_WITH_STEPS).map(
  ([[name, ending], place]) => [name, place, ending] as const,
);

test.each(CASES)(
  "%s interrupted at any step of %s closes the session's room and device sockets, or none",
  (name, place, ending) => eachStep(`${name}, ${place}`, 1, (step) => endWithFault(ending, place, step)),
);
