// The larger map and the trend. Loaded when wanted; the table beside each chart says the same.
import { BarChart, MapChart } from "echarts/charts";
import { AriaComponent, GeoComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, registerMap, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, MapChart, AriaComponent, GeoComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

const drawn = new Map();
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

export function draw() {
  for (const [place, chart] of drawn) if (!place.isConnected) { chart.dispose(); drawn.delete(place); }
  for (const place of document.querySelectorAll("[data-chart]:not([hidden])")) {
    const data = document.querySelector(`script[data-chart-data="${place.dataset.id}"]`);
    if (!data || place.dataset.drawn === data.textContent) continue;
    place.dataset.drawn = data.textContent;
    const chart = drawn.get(place) ?? init(place, null, { renderer: "svg" });
    drawn.set(place, chart);
    const content = JSON.parse(data.textContent);
    chart.setOption(place.dataset.chart === "map" ? map(content, place.dataset.id) : trend(content), true);
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", place.dataset.label);
  }
}

addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const place of drawn.keys()) delete place.dataset.drawn;
  draw();
});

const colours = () => [1, 2, 3, 4, 5].map((n) => style(`--mood-${n}`));
const text = () => ({ color: style("--ink"), fontFamily: style("--face"), fontSize: 14 });

function map(content, name) {
  registerMap(name, content.geojson);
  return {
    animation: !still,
    tooltip: {
      renderMode: "richText",
      formatter: ({ name: place }) => {
        const row = content.rows.find((item) => item.name === place);
        if (!row) return place;
        const mood = row.value ? `${row.value} ${content.words[row.value - 1]}` : content.none;
        return row.asked ? `${place}\n${mood}\n${row.answered}/${row.asked}` : `${place}\n${mood}`;
      },
    },
    visualMap: {
      type: "piecewise", left: 0, bottom: 0, textStyle: text(), itemSymbol: "rect",
      pieces: [1, 2, 3, 4, 5].map((n) => ({ value: n, label: `${n} ${content.words[n - 1]}`, color: colours()[n - 1] })),
      outOfRange: { color: style("--paper") },
    },
    series: [{
      type: "map", map: name, roam: true, selectedMode: false,
      label: { show: true, formatter: ({ value }) => (value ? String(value) : "?"), ...text(), fontSize: 16, fontWeight: 700 },
      emphasis: { label: { show: true, color: "inherit" }, itemStyle: { areaColor: null, borderColor: style("--ink"), borderWidth: 3 } },
      itemStyle: { borderColor: style("--surface"), borderWidth: 2, areaColor: style("--line") },
      data: content.rows.map((row) => ({
        name: row.name, value: row.value ?? undefined,
        label: { color: row.value ? style(row.value === 5 ? "--mood-5-ink" : "--mood-ink") : style("--ink") },
      })),
    }],
  };
}

function trend(content) {
  const line = { color: style("--line") };
  return {
    animation: !still,
    grid: { left: 8, right: 8, top: 40, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, textStyle: text(), icon: "rect" },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: content.rows.map((row) => `${content.round} ${row.round}`), axisLabel: text(), axisLine: { lineStyle: line } },
    yAxis: { type: "value", minInterval: 1, axisLabel: text(), splitLine: { lineStyle: line } },
    series: content.words.map((word, place) => ({
      type: "bar", stack: "moods", name: `${place + 1} ${word}`, barMaxWidth: 72, color: colours()[place],
      itemStyle: { borderColor: style("--surface"), borderWidth: 2 },
      label: { show: true, ...text(), color: place === 4 ? "#ffffff" : style("--mood-ink"), fontWeight: 700, formatter: ({ value }) => (value ? String(place + 1) : "") },
      data: content.rows.map((row) => row.moods[place]),
    })),
  };
}
