import { missing } from "./units";
import nothing from "./no-such-file";
export const value: number = missing(;
