import { t } from "../i18n/i18n.ts";
import { useAction } from "../state/use-action.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import type { Mark } from "./gaps.ts";

interface Props {
  mark: Mark;
  /** the place of the row, where keys lead from row to row; absent: they do not */
  seq?: number;
  /** Loads the newest of them. */
  onShow: (mark: Mark) => Promise<unknown>;
}

/** Says between messages how many are left out there, and shows them. */
export function LeftOut({ mark, seq, onShow }: Props) {
  const show = useAction(() => onShow(mark));
  const n = mark.count;
  return (
    <li class="notice" data-seq={seq}>
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
