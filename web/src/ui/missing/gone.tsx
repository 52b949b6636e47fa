import { t } from "../../i18n/i18n.ts";
import { Empty } from "./empty.tsx";

interface Props {
  /** what is not there, in a sentence */
  text: string;
  /** where the way back leads */
  back: string;
  /** its words; absent: to the list */
  label?: string;
}

/** Says that what was looked for is not there, or not for the user to see, with a way back. */
export function Gone({ text, back, label = t("app.toList") }: Props) {
  return (
    <Empty icon="search" text={text}>
      <a class="primary" href={back}>
        {label}
      </a>
    </Empty>
  );
}
