import type { components } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useMaking } from "../state/making/use-making.ts";
import { useAction } from "../state/use-action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { copyLink, linkTo } from "./link.ts";
import { bodyOf, FIRST_TERMS, TermsFields } from "./terms.tsx";

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
  const [terms, setTerms] = useState(FIRST_TERMS);
  const making = useMaking<Invitation, { code: string }>();
  const make = useAction(async () => {
    const body = bodyOf(terms);
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
        <TermsFields terms={terms} onChange={setTerms} />
        <ProblemText text={make.problem} />
        <button class="primary" type="submit" disabled={make.isBusy}>
          {t("group.makeLink")}
        </button>
      </form>
    </Dialog>
  );
}
