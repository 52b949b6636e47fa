import type { ConversationWindow, WindowView } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { useAction } from "../state/use-action.ts";
import { ProblemText } from "../ui/problem-text.tsx";

/** Where messages are left out, and how many. */
interface Mark {
  /** from one `seq` to another. Some of those between may be there */
  readonly gap: WindowView["gaps"][number];
  readonly count: number;
}

type Marks = ReadonlyMap<number, Mark>;

interface Props {
  /** a message */
  seq: number;
  view: WindowView;
  window: Pick<ConversationWindow, "rest"> | undefined;
}

/** What each view lacks: all its rows ask for it. */
const known = new WeakMap<WindowView, Marks>();

/** What stands below a message of a room that leaves out some: nothing, but at the end of a gap. */
export function LeftOut({ seq, view, window }: Props) {
  const marks = known.get(view) ?? marksOf(view);
  known.set(view, marks);
  const mark = marks.get(seq);
  return mark && window ? <Row mark={mark} window={window} /> : null;
}

/** Says how many messages are left out, and shows the newest of them. */
function Row({ mark: { gap, count: n }, window }: { mark: Mark; window: Pick<ConversationWindow, "rest"> }) {
  const show = useAction(() => window.rest(gap.to));
  return (
    <li class="notice" data-seq={gap.to}>
      <p>
        {t("audience.leftOut", { n })} ·{" "}
        <button class="link" type="button" onClick={() => void show.run()}>
          {t("audience.showLeftOut", { n })}
        </button>
      </p>
      <ProblemText text={show.problem} />
    </li>
  );
}

/** What the gaps of a view lack, by the `seq` of the message below which the user is told. */
function marksOf({ messages, gaps }: WindowView): Marks {
  const marks = new Map<number, Mark>();
  for (const gap of gaps) {
    const before = messages.findLastIndex(({ seq }) => seq < gap.from);
    const last = messages.findLastIndex(({ seq }) => seq <= gap.to);
    const count = gap.to - gap.from + 1 - (last - before);
    const { seq } = messages[last] ?? {};
    if (seq && count > 0) marks.set(seq, { gap, count });
  }
  return marks;
}
