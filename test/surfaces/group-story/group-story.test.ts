import { beforeAll, describe, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call } from "../../support/clients/api.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { Story } from "./story.ts";
import type { Person, Surface } from "./surface.ts";
import { tim } from "./tim.ts";
import { v1 } from "./v1.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

const SURFACES: [string, Surface][] = [["v1", v1]];
/** The surfaces that notify applicants of decisions. */
const NOTICING: [string, Surface][] = [...SURFACES, ["tim", tim]];

let all: Person[];
let ann: Person;
let bob: Person;
let cid: Person;
let dan: Person;
let eve: Person;
let fay: Person;
let gus: Person;
let hal: Person;

beforeAll(async () => {
  const registered = await signedInUsers(8);
  const named = (index: number, name: string): Person => {
    const person = registered[index];
    if (!person) throw new Error("there are eight");
    return { ...person, name };
  };
  ann = named(0, "ann");
  bob = named(1, "bob");
  cid = named(2, "cid");
  dan = named(3, "dan");
  eve = named(4, "eve");
  fay = named(5, "fay");
  gus = named(6, "gus");
  hal = named(7, "hal");
  all = [ann, bob, cid, dan, eve, fay, gus, hal];
});

const say = (text: string) => ({ do: "say", text }) as const;
const read = (seq: number) => ({ do: "read", seq }) as const;
const add = (...target: Person[]) => ({ do: "add", whom: target.map(({ user }) => user.id) }) as const;
const join = (message = "") => ({ do: "join", message }) as const;
const accept = (application: number) => ({ do: "decide", application, accept: true }) as const;
const reject = (application: number) => ({ do: "decide", application, accept: false }) as const;
const remove = ({ user }: Person) => ({ do: "remove", whom: user.id }) as const;
const promote = ({ user }: Person) => ({ do: "role", whom: user.id, role: "admin" }) as const;
const demote = ({ user }: Person) => ({ do: "role", whom: user.id, role: "member" }) as const;
const mute = ({ user }: Person, seconds = 3_600) => ({ do: "mute", whom: user.id, seconds }) as const;
const unmute = (target: Person) => mute(target, 0);
const card = ({ user }: Person, name: string) => ({ do: "card", whom: user.id, card: name }) as const;
const handTo = ({ user }: Person) => ({ do: "hand over", whom: user.id }) as const;
const LEAVE = { do: "leave" } as const;
const DISSOLVE = { do: "dissolve" } as const;

describe.each(SURFACES)("over %s", (_, surface) => {
  test("a group that anybody may join", async () => {
    const group = { owner: ann, members: [bob, cid], joinPolicy: "free" } as const;
    const story = await Story.begin(surface, all, group);
    await story.step(ann, say("welcome"));
    await story.step(bob, read(2));
    await story.step(dan, say("hello?"), "not_found");
    await story.step(dan, join());
    await story.step(dan, join());
    await story.step(dan, say("here I am"));
    await story.step(eve, join());
    // Strangers and members change nothing.
    for (const action of [add(fay), remove(bob), promote(bob), mute(bob), handTo(bob), accept(1), DISSOLVE]) {
      await story.step(gus, action, "not_found");
      await story.step(dan, action, "forbidden");
    }
    // An admin acts on plain members only.
    await story.step(ann, promote(bob));
    await story.step(ann, promote(bob));
    await story.step(bob, add(fay, dan));
    for (const action of [
      promote(dan),
      demote(bob),
      mute(ann),
      mute(bob),
      remove(ann),
      handTo(dan),
      DISSOLVE,
    ]) {
      await story.step(bob, action, "forbidden");
    }
    await story.step(bob, mute(dan));
    await story.step(dan, say("I am muted"), "muted");
    await story.step(dan, unmute(dan), "forbidden");
    await story.step(bob, unmute(dan));
    await story.step(bob, unmute(dan));
    await story.step(dan, say("I am not"));
    await story.muteBriefly(bob, dan, "it is over by itself");
    await story.step(ann, promote(cid));
    for (const action of [mute(cid), remove(cid), demote(cid)]) await story.step(bob, action, "forbidden");
    await story.step(ann, mute(cid));
    await story.step(cid, unmute(cid), "forbidden");
    await story.step(ann, unmute(cid));
    await story.step(ann, demote(cid));
    // A member who returns starts afresh.
    await story.step(bob, remove(dan));
    await story.step(dan, say("where am I?"), "not_found");
    await story.step(cid, say("he is gone"));
    await story.step(dan, join());
    await story.step(eve, LEAVE);
    await story.step(eve, LEAVE, "not_found");
    await story.step(bob, remove(eve), "not_found");
    // The new owner may do everything, and write.
    await story.step(ann, LEAVE, "conflict");
    await story.step(ann, remove(ann), "conflict");
    await story.step(ann, handTo(ann), "forbidden");
    await story.step(ann, handTo(gus), "not_found");
    await story.step(ann, mute(fay));
    await story.step(ann, handTo(fay));
    await story.step(fay, say("mine now"));
    await story.step(ann, { do: "edit", name: "no more" }, "forbidden");
    await story.step(ann, DISSOLVE, "forbidden");
    await story.step(ann, LEAVE);
    await story.step(fay, { do: "edit", name: "fay's" });
    await story.step(fay, { do: "edit", name: "fay's" });
    await story.step(fay, DISSOLVE);
    for (const action of [say("nobody"), join(), LEAVE, add(gus), DISSOLVE, read(1)]) {
      await story.step(fay, action, "not_found");
      await story.step(gus, action, "not_found");
    }
    await story.end();
  });

  test("a closed group", async () => {
    const block = await call("PUT", `/v1/blocks/${hal.user.id}`, { token: cid.token });
    expect(block.status).toBe(204);
    const group = { owner: cid, members: [ann], joinPolicy: "closed" } as const;
    const story = await Story.begin(surface, all, group);
    await story.step(bob, join("may I?"), "not_found");
    await story.step(ann, add(bob), "forbidden");
    await story.step(cid, add(bob, dan, eve));
    await story.step(cid, add(fay, hal), "blocked");
    await story.step(cid, { do: "add", whom: [fay.user.id, 999_999] }, "not_found");
    for (const text of ["one", "two", "three"]) await story.step(cid, say(text));
    await story.step(eve, read(4));
    await story.step(eve, read(2));
    await story.step(eve, read(99), "not_found");
    await story.step(eve, card(eve, "Evie"));
    await story.step(eve, card(bob, "Bobby"), "forbidden");
    await story.step(cid, promote(ann));
    await story.step(ann, card(bob, "Bobby"));
    await story.step(ann, card(cid, "Boss"), "forbidden");
    await story.step(cid, say("four"));
    await story.step(ann, add(hal));
    await story.step(hal, say("in by another's hand"));
    await story.step(eve, remove(eve));
    await story.step(cid, add(eve));
    await story.step(cid, handTo(ann));
    await story.step(ann, remove(cid));
    await story.step(cid, join(), "not_found");
    await story.step(ann, DISSOLVE);
    await story.end();
  });
});

describe.each(NOTICING)("over %s", (_, surface) => {
  test("a group that lets people in", async () => {
    const group = { owner: bob, members: [ann, cid], joinPolicy: "approval" } as const;
    const story = await Story.begin(surface, all, group);
    await story.step(dan, join("let me in"), "requested");
    await story.step(dan, join("please"), "requested");
    await story.step(dan, say("am I in?"), "not_found");
    await story.step(bob, promote(ann));
    await story.step(eve, join("me too"), "requested");
    await story.step(cid, accept(1), "forbidden");
    await story.step(dan, accept(1), "not_found");
    await story.step(ann, accept(99), "not_found");
    await story.step(ann, reject(1));
    await story.step(bob, accept(1), "conflict");
    await story.step(bob, reject(1), "conflict");
    await story.step(dan, join("too soon"), "rate_limited");
    // The day after the rejection.
    overrideTiming({ rejections: { cooldownMs: 0 } });
    await story.step(dan, join("once more"), "requested");
    await story.step(ann, accept(3));
    await story.step(ann, accept(3), "conflict");
    await story.step(dan, accept(2), "forbidden");
    await story.step(dan, say("thank you"));
    // An added member has no open join request.
    await story.step(fay, join(), "requested");
    await story.step(cid, add(fay), "forbidden");
    await story.step(bob, add(fay));
    await story.step(bob, accept(4), "conflict");
    // Nor has a user who joins when that is free.
    await story.step(bob, { do: "edit", joinPolicy: "free" });
    await story.step(eve, join());
    await story.step(bob, accept(2), "conflict");
    await story.step(ann, { do: "edit", joinPolicy: "closed" });
    await story.step(gus, join(), "not_found");
    await story.step(ann, { do: "edit", joinPolicy: "approval" });
    await story.step(gus, join(), "requested");
    // A former admin does not see join requests.
    await story.step(bob, demote(ann));
    await story.step(ann, reject(5), "forbidden");
    await story.step(bob, handTo(ann));
    await story.step(bob, LEAVE);
    await story.step(bob, join("back again"), "requested");
    await story.step(ann, accept(6));
    await story.step(ann, DISSOLVE);
    await story.step(ann, accept(5), "not_found");
    await story.step(hal, join(), "not_found");
    await story.end();
  });
});
