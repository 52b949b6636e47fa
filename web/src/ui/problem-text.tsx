/** Why something did not work, in words; nothing if there is no problem. Screen readers say it at once. */
export function ProblemText({ text }: { text: string | undefined }) {
  return text ? (
    <p class="problem" role="alert">
      {text}
    </p>
  ) : null;
}
