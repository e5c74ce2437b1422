export { Client, SegridError, outcomes } from "./index.cjs";
