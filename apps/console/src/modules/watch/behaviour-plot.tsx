/** Observed line over its expected band, with marks where it left it; a drag sets the page's time. */
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef, type ReactNode } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import uPlot from 'uplot';
import { words } from '../../words/en-GB.ts';
import { NEUTRALS, STATE_TONES, type Scheme } from '../../ui/palette.ts';
import { formatClock, formatDate, formatTick } from '../../ui/format.ts';
import { columnsOf, outside, type Columns, type Measure } from './band.ts';

const HEIGHT = 180;
const TIME_AXIS_PX = 30;
const VALUE_AXIS_PX = 76;
const BRUSH_MIN_PX = 8;

const marks = (scheme: Scheme, columns: Columns): uPlot.Plugin => ({
  hooks: {
    draw: (plot) => {
      const context = plot.ctx;
      context.save();
      context.fillStyle = STATE_TONES[scheme].suspect.fill;
      for (const at of outside(columns, Date.now())) {
        const x = plot.valToPos(columns.at[at]!, 'x', true);
        const y = plot.valToPos(columns.value[at]!, 'y', true);
        context.beginPath();
        context.arc(x, y, 4 * devicePixelRatio, 0, 2 * Math.PI);
        context.fill();
      }
      context.restore();
    },
  },
});

interface Parts {
  readonly scheme: Scheme;
  readonly measure: Measure;
  readonly columns: Columns;
  readonly width: number;
  readonly onBrush: (from: number, to: number) => void;
}

function optionsOf({ scheme, measure, columns, width, onBrush }: Parts): uPlot.Options {
  const neutral = NEUTRALS[scheme];
  const band = STATE_TONES[scheme].learning.soft;
  const axis = {
    stroke: neutral.muted,
    grid: { stroke: neutral.line, width: 1 },
    ticks: { stroke: neutral.line },
    font: '12px system-ui, sans-serif',
  };
  const span = (columns.at.at(-1) ?? 0) - (columns.at[0] ?? 0);
  const clock = span < 3 * 86_400;
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: { x: { time: true } },
    series: [
      {},
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: neutral.text, width: 1.6, points: { show: false }, spanGaps: false },
    ],
    bands: [{ series: [2, 1], fill: band }],
    axes: [
      {
        ...axis,
        size: TIME_AXIS_PX,
        values: (_plot, splits) =>
          splits.map((at) => (clock ? formatClock(at * 1_000) : formatDate(at * 1_000).replace(/ \d{4}$/, ''))),
      },
      {
        ...axis,
        size: VALUE_AXIS_PX,
        values: (_plot, splits) => splits.map((value) => formatTick(value, measure.unit)),
      },
    ],
    plugins: [marks(scheme, columns)],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < BRUSH_MIN_PX) return;
          const from = plot.posToVal(plot.select.left, 'x') * 1_000;
          const to = plot.posToVal(plot.select.left + plot.select.width, 'x') * 1_000;
          onBrush(Math.round(from), Math.round(to));
        },
      ],
    },
  };
}

interface Props {
  readonly measure: Measure;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly onBrush: (from: number, to: number) => void;
}

export function BehaviourPlot({ measure, from, to, onBrush }: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const brush = useRef(onBrush);
  brush.current = onBrush;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const columns = columnsOf(measure, from, to);
    const plot = new uPlot(
      optionsOf({
        scheme,
        measure,
        columns,
        width: Math.max(200, element.clientWidth),
        onBrush: (a, b) => brush.current(a, b),
      }),
      [columns.at, columns.low, columns.high, columns.value] as uPlot.AlignedData,
      element,
    );
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [measure, from, to, scheme]);
  return <div ref={box} className="cw-plot" role="img" aria-label={words.behaviour.plot(measure.name)} />;
}
