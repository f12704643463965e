/** What is fetched when it is first shown: the library that draws charts is a tenth of the page, and few open edge nodes. */
import { later } from "./later";

export const EdgePanel = later("The panel of edge nodes", async () => (await import("./EdgePanel")).EdgePanel);
export const TrendChart = later("The chart", async () => (await import("../charts/TrendChart")).TrendChart);
export const TrendsPanel = later("The trends", async () => (await import("./TrendsPanel")).TrendsPanel);
