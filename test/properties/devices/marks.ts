import { expect } from "vitest";
import { EditsPage } from "../../../src/surfaces/v1/messages/edits.ts";
import { Pins } from "../../../src/surfaces/v1/messages/pins.ts";
import { ReactorPage } from "../../../src/surfaces/v1/messages/reactions.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { displayedMessage } from "../../support/clients/displayed.ts";
import { textOf } from "./model.ts";
import type { Room } from "./room.ts";

/** Of so many messages everything is compared that has become of them. */
const FEW = 2;

/** Asserts what is pinned, and of the newest messages who has reacted to them and what they said before. */
export async function checkMarks(room: Room, who: SignedIn): Promise<void> {
  const { model } = room;
  const view = model.view(who.user.id, true);
  const { items } = Pins.parse((await room.call(who, "GET", "/pins")).body);
  const times = items.map(({ pinned_at }) => pinned_at);
  expect(times, "the newest pin first").toEqual(times.toSorted((one, other) => other - one));
  expect(
    items.map(displayedMessage).sort((one, other) => one.seq - other.seq),
    `what is pinned in ${model.id}`,
  ).toEqual(view.filter(({ changes }) => changes.pinnedAt > 0));
  for (const { seq } of view.filter(({ changes }) => changes.reactions.length > 0).slice(-FEW)) {
    for (const [key, users] of model.changes.reactors(seq)) {
      const path = `/messages/${seq}/reactions/${encodeURIComponent(key)}`;
      const page = ReactorPage.parse((await room.call(who, "GET", path)).body);
      expect(
        page.items.map(({ user }) => user.id),
        `who reacted to ${seq} with ${key}`,
      ).toEqual(users);
    }
  }
  for (const { seq, revoked } of view.filter(({ changes }) => changes.version > 1).slice(-FEW)) {
    const page = EditsPage.parse((await room.call(who, "GET", `/messages/${seq}/edits`)).body);
    const sent = model.message(seq);
    const texts = model.changes.former(seq, (sent && textOf(sent)) ?? "");
    expect(
      page.items.map(({ body }) => body),
      `what ${seq} said before`,
    ).toEqual(revoked ? [] : texts.map((text) => ({ text })));
  }
}
