import { showDialog } from "./dialogs.tsx";
import { lazy } from "./lazy.tsx";

const Question = lazy(async () => (await import("./overlay/question.tsx")).Question);

/** Asks the user before something that does not come back. @returns whether they want it */
export function confirmed(text: string): Promise<boolean> {
  return new Promise((resolve) =>
    showDialog((close) => {
      // The first answer counts.
      const answer = (isConfirmed: boolean) => {
        resolve(isConfirmed);
        close();
      };
      return <Question text={text} onAnswer={answer} onClose={() => answer(false)} />;
    }),
  );
}
