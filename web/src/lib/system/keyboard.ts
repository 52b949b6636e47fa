export { hasKeyboard, isComposing } from "parley-react/keys";
