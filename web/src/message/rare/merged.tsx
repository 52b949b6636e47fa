import type { Content, MergedPart } from "parley-react/message";
import type { ComponentChildren } from "preact";
import { t } from "../../i18n/i18n.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { summary } from "../preview.ts";

/** So many messages are shown in few words. */
const SHOWN = 3;

const MergedDialog = lazy(async () => (await import("../viewer/merged-dialog.tsx")).MergedDialog);

interface Props {
  title: string;
  parts: readonly MergedPart[];
  /** draws what one of them says */
  draw: (content: Content) => ComponentChildren;
}

/** Several messages in one: the first ones, and all of them in a dialog. */
export function Merged({ title, parts, draw }: Props) {
  const name = title || t("message.merged");
  const open = () =>
    showDialog((close) => <MergedDialog title={name} parts={parts} draw={draw} onClose={close} />);
  return (
    <button type="button" class="merged" onClick={open}>
      <strong dir="auto">{name}</strong>
      {parts.slice(0, SHOWN).map(({ id, sender, content }) => (
        <span key={id} class="merged-line" dir="auto">
          <bdi>{sender}</bdi>: {summary(content)}
        </span>
      ))}
      <small>{t("message.mergedCount", { n: parts.length })}</small>
    </button>
  );
}
