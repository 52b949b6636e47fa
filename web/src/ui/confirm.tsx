import { showDialog } from "./dialogs.tsx";
import { lazy } from "./lazy.tsx";

const Question = lazy(async () => (await import("./overlay/question.tsx")).Question);

/**
 * Asks the user before something that does not come back.
 * @param verb what is done, on the button
 * @param text what becomes of it
 * @returns whether they want it
 */
export function confirmed(verb: string, text: string): Promise<boolean> {
  return new Promise((resolve) =>
    showDialog((close) => {
      // The first answer counts.
      const answer = (isConfirmed: boolean) => {
        resolve(isConfirmed);
        close();
      };
      return <Question verb={verb} text={text} onAnswer={answer} onClose={() => answer(false)} />;
    }),
  );
}
