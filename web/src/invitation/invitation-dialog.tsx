import type { components } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useMaking } from "../state/making/use-making.ts";
import { useAction } from "../state/use-action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { copyLink, linkTo } from "./link.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** How long an invitation may be valid, in seconds. */
const ENDS = [
  [HOUR_S, "invite.hour"],
  [DAY_S, "invite.day"],
  [7 * DAY_S, "invite.week"],
  [30 * DAY_S, "invite.month"],
] as const;

/** How many users it may let in; 0: any number. */
const USES = [0, 1, 10, 100] as const;

type Invitation = components["schemas"]["Invitation"];

interface Props {
  /** the group */
  id: number;
  /** its links; undefined: not loaded yet */
  known: readonly Invitation[] | undefined;
  onMade: () => void;
  onClose: () => void;
}

/** Makes a link by which users enter a group: for how long, and for how many of them. */
export function InvitationDialog({ id, known, onMade, onClose }: Props) {
  const { chat, me } = useAccount();
  const [ends, setEnds] = useState<number>(7 * DAY_S);
  const [uses, setUses] = useState(0);
  const making = useMaking<Invitation, { code: string }>();
  const make = useAction(async () => {
    const body = { expires_in_s: ends, ...(uses > 0 && { max_uses: uses }) };
    const path = { id };
    const { code } = await making({
      known,
      list: async () =>
        (await chat.api.call("get", "/v1/conversations/{id}/invitations", { path }, { retry: false })).items,
      idOf: (one) => one.code,
      isIt: (one) => one.created_by === me,
      make: () => chat.api.call("post", "/v1/conversations/{id}/invitations", { path, body }),
      adopt: (one) => one,
    });
    onMade();
    onClose();
    await copyLink(linkTo({ view: "invitation", code }));
  });
  return (
    <Dialog title={t("group.makeLink")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void make.run();
        }}
      >
        <label class="field">
          <span>{t("invite.ends")}</span>
          <select value={ends} onChange={({ currentTarget }) => setEnds(Number(currentTarget.value))}>
            {ENDS.map(([seconds, key]) => (
              <option key={seconds} value={seconds}>
                {t(key)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t("invite.uses")}</span>
          <select value={uses} onChange={({ currentTarget }) => setUses(Number(currentTarget.value))}>
            {USES.map((n) => (
              <option key={n} value={n}>
                {n === 0 ? t("invite.anybody") : t("invite.people", { n })}
              </option>
            ))}
          </select>
        </label>
        <ProblemText text={make.problem} />
        <button class="primary" type="submit" disabled={make.isBusy}>
          {t("group.makeLink")}
        </button>
      </form>
    </Dialog>
  );
}
