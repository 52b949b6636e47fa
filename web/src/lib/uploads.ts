export { uploads } from "parley-client/uploads";
