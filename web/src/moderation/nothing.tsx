import { Icon, type IconName } from "../ui/icon.tsx";

/** What stands beside a list of which nothing is chosen. @param text empty: there is nothing to choose */
export function Nothing({ icon, text }: { icon: IconName; text: string }) {
  return text ? (
    <p class="blank">
      <Icon name={icon} />
      <br />
      {text}
    </p>
  ) : null;
}
