/** A button of a bot that opens a page. */
export function LinkButton({ text, url }: { text: string; url: string }) {
  return (
    <a class="bot-button" href={url} target="_blank" rel="noopener noreferrer" title={url}>
      {text} <span aria-hidden="true">↗</span>
    </a>
  );
}
