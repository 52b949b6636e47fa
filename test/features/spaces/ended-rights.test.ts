import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { type Answer, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked } from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { intercept } from "../../support/faults/calls.ts";
import { evict } from "../../support/objects/sleep.ts";
import { runOptions } from "../../support/property-runs.ts";
import { setCrowdMembers } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";
import { Scene, unreachable } from "./scene.ts";

/** What happens in a channel that Bob looks at, and may have no right to any more. */
const STEPS = [
  ...(["send", "send beside", "end", "end untold", "deny", "deny untold"] as const),
  ...(["ban", "close", "lose a role", "mute", "send many beside"] as const),
  ...(["come", "evict", "look", "take part"] as const),
];
type Step = (typeof STEPS)[number];

/** Makes a call, and repeats it where the lease of the channel has just ended, as clients do. */
async function repeated(work: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await work();
    if (answer.status !== 503) return answer;
  }
}

/** A channel that Bob reads with a device and room sockets while his right to it comes and goes. */
class Story {
  readonly #scene: Scene;
  readonly #channel: ConversationId;
  /** which reads it, also while it is private */
  readonly #role: number;
  /** with which Bob comes back */
  readonly #code: string;
  readonly #sockets: TestSocket[];
  /** a device and a room socket of Dan, who has the right all the time */
  readonly #witnesses: readonly TestSocket[];
  /** all that was sent */
  readonly #texts: string[] = [];
  /** what was sent while Bob had no right */
  readonly #secrets: string[] = [];
  #isIn = true;
  #isMuted = false;
  #sent = 0;

  constructor(
    scene: Scene,
    channel: ConversationId,
    code: string,
    { role, device, witnesses }: { role: number; device: TestSocket; witnesses: readonly TestSocket[] },
  ) {
    this.#scene = scene;
    this.#channel = channel;
    this.#code = code;
    this.#sockets = [device];
    this.#witnesses = witnesses;
    this.#role = role;
  }

  async play(step: Step): Promise<void> {
    const scene = this.#scene;
    const { ann, bob } = scene;
    switch (step) {
      case "send":
        await this.#send();
        return;
      case "send beside":
        await Promise.all([this.#store(), this.#isIn ? this.#end() : this.#come()]);
        return;
      case "end":
        await this.#end();
        return;
      case "end untold":
        await this.#untold(() => scene.ask(ann, "DELETE", `/members/${bob.user.id}`));
        return;
      case "deny":
        await this.#deny();
        return;
      case "deny untold":
        await this.#untold(() => this.#denied());
        return;
      case "ban":
        await scene.done(ann, "PUT", `/bans/${bob.user.id}`);
        this.#isIn = false;
        return;
      case "close":
        await this.#close();
        return;
      case "lose a role":
        await this.#loseRole();
        return;
      case "send many beside":
        await Promise.all([
          ...Array.from({ length: 5 }, () => this.#store()),
          this.#isIn ? this.#close() : this.#come(),
        ]);
        return;
      case "mute":
        if (!this.#isIn) return;
        await this.#mute(600);
        expect((await this.#tryToWrite()).body).toMatchObject({ code: "muted" });
        return;
      case "come":
        await this.#come();
        return;
      case "evict":
        await this.#send();
        await evict(this.#channel);
        return;
      case "look":
        if (this.#isIn) this.#sockets.push(await openRoom(this.#channel, bob.token));
        else expectProblem(await ask(bob, this.#channel, "GET", "/messages"), 404, "not_found");
        return;
      case "take part":
        if (this.#isMuted) return;
        if (this.#isIn) await this.#write(bob, "hello");
        else expectProblem(await ask(bob, this.#channel, "PUT", "/follow"), 404, "not_found");
    }
  }

  /** Nothing that Bob has heard until now was sent while he had no right. */
  check(): void {
    const heard = JSON.stringify(this.#sockets.map(({ frames }) => frames));
    for (const text of this.#secrets) expect(heard).not.toContain(text);
  }

  /** Dan has heard all that was sent, once. */
  async checkWitnesses(): Promise<void> {
    for (const socket of this.#witnesses) {
      const counts = () => {
        const heard = JSON.stringify(socket.frames);
        return this.#texts.map((text) => heard.split(`"text":"${text}"`).length - 1);
      };
      await expect.poll(counts).not.toContain(0);
      expect(counts()).toEqual(this.#texts.map(() => 1));
    }
  }

  async #send(): Promise<void> {
    const text = await this.#store();
    if (!this.#isIn) this.#secrets.push(text);
  }

  async #write(who: SignedIn, text: string): Promise<void> {
    const message = { kind: "text", body: { text }, client_msg_id: text };
    const written = await repeated(() => ask(who, this.#channel, "POST", "/messages", message));
    expect(written.status, JSON.stringify(written.body)).toBeOneOf([200, 201]);
  }

  async #store(): Promise<string> {
    const text = `message ${++this.#sent} of ${this.#channel}.`;
    this.#texts.push(text);
    await this.#write(this.#scene.ann, text);
    return text;
  }

  async #end(): Promise<void> {
    const { status } = await this.#scene.ask(this.#scene.bob, "POST", "/leave");
    expect(status).toBeOneOf([204, 404]);
    this.#isIn = false;
  }

  /** Bob is in the space, unless he has left it, and may not read the channel. */
  async #deny(): Promise<void> {
    expect((await this.#denied()).status).toBeOneOf([204, 404]);
    this.#isIn = false;
  }

  /** The channel becomes private: Dan is allowed to read it, and Bob is not. */
  async #close(): Promise<void> {
    await expectAsked(this.#scene.ann, this.#channel, "PATCH", "", { visibility: "private" });
    this.#isIn = false;
  }

  /** Bob reads a private channel by a role, and loses it. */
  async #loseRole(): Promise<void> {
    const { ann, bob } = this.#scene;
    const path = `/members/${bob.user.id}/roles/${this.#role}`;
    if (this.#isIn) await this.#scene.done(ann, "PUT", path);
    await this.#close();
    if ((await this.#scene.ask(ann, "DELETE", path)).status !== 404) this.#isIn = false;
  }

  #denied(): Promise<Answer> {
    const { ann, bob } = this.#scene;
    return ask(ann, this.#channel, "PUT", `/overrides/users/${bob.user.id}`, { deny: ["read"] });
  }

  /** Ends Bob's right while the channel cannot be told. Where that is an error, another end tells it. */
  async #untold(end: () => Promise<Answer>): Promise<void> {
    const ended = async () => {
      using _ = intercept(({ method, id, work }) =>
        method === "spaceChanged" && id === this.#channel ? Promise.reject(unreachable()) : work(),
      );
      return await end();
    };
    if ((await ended()).status === 503) await this.#end();
    this.#isIn = false;
  }

  /** For so many seconds. */
  async #mute(seconds: number): Promise<void> {
    const { ann, bob } = this.#scene;
    await this.#scene.done(ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: seconds });
    this.#isMuted = seconds > 0;
  }

  #tryToWrite(): Promise<Answer> {
    const message = { kind: "text", body: { text: "muted" } };
    return repeated(() => ask(this.#scene.bob, this.#channel, "POST", "/messages", message));
  }

  async #come(): Promise<void> {
    const { bob } = this.#scene;
    this.check();
    // Whoever is in again sees what was before.
    this.#secrets.length = 0;
    const { ann } = this.#scene;
    await this.#scene.done(ann, "DELETE", `/bans/${bob.user.id}`);
    const came = await this.#scene.join(bob, this.#code);
    expect(came.status, JSON.stringify(came.body)).toBe(200);
    await expectAsked(ann, this.#channel, "DELETE", `/overrides/users/${bob.user.id}`);
    await expectAsked(ann, this.#channel, "PATCH", "", { visibility: "open" });
    this.#isIn = true;
    // A mute holds when they come back, also one of the story before.
    if (this.#isMuted) expect((await this.#tryToWrite()).body).toMatchObject({ code: "muted" });
    await this.#mute(0);
    const read = await repeated(() => ask(bob, this.#channel, "GET", "/messages"));
    expect(read.status).toBe(200);
  }
}

// Of a large space a channel reads those members whom something in it concerns.
test.each([
  ["small", 1_000],
  ["large", 2],
])(
  "nobody hears a message of a moment in which they had no right to its channel, in a %s space",
  async (_, crowd) => {
    onTestFinished(setCrowdMembers(crowd));
    overrideTiming({ spaces: { leaseMs: 1_000, renewMs: 200, skewMs: 0 } });
    const scene = await Scene.make();
    const code = await scene.invite(scene.ann);
    const device = await openDevice(scene.bob.token);
    const [dan] = await registerUsers(1);
    await scene.join(dan, await scene.invite(scene.ann));
    const role = await scene.addRole({ name: "Readers", permissions: [] });
    const dansDevice = await openDevice(dan.token);
    const steps = fc.array(fc.constantFrom(...STEPS), { minLength: 6, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(steps, async (played) => {
        const channel = await scene.addChannel("seeds");
        const allow = { allow: ["read"] };
        for (const target of [`users/${dan.user.id}`, `roles/${role}`])
          await expectAsked(scene.ann, channel, "PUT", `/overrides/${target}`, allow);
        await expectAsked(dan, channel, "PUT", "/follow");
        const witnesses = [dansDevice, await openRoom(channel, dan.token)];
        const story = new Story(scene, channel, code, { role, device, witnesses });
        await story.play("come");
        await story.play("look");
        for (const step of played) await story.play(step);
        story.check();
        await story.checkWitnesses();
      }),
      runOptions(5, 60),
    );
  },
);
