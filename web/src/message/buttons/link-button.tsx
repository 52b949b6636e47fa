import { webAddress } from "parley-react/message";

/** A button of a bot that opens a page. One without the address of a page opens nothing. */
export function LinkButton({ text, url }: { text: string; url: string }) {
  const href = webAddress(url);
  return (
    <a class="bot-button" {...(href && { href })} target="_blank" rel="noopener noreferrer" title={url}>
      {text} <span aria-hidden="true">↗</span>
    </a>
  );
}
