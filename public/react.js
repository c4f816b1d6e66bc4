// React hooks over the stream module. React is handed in, so that this file needs no bundler:
//
//   import * as React from 'react';
//   export const { useRealtimeAnalytics, useRealtimeAnalyticsPolling } = makeHooks(React);

import { RealtimeAnalytics, RealtimeAnalyticsPolling } from './realtime.js';

/** @param {{useEffect: Function, useReducer: Function, useRef: Function}} React */
export function makeHooks({ useEffect, useReducer, useRef }) {
  /** The object behind a hook: made for the workspace, closed with the component. Callbacks may change at any time. */
  function useLive(make, workspace, options) {
    const [, redraw] = useReducer((count) => count + 1, 0);
    const live = useRef(null);
    const latest = useRef(options);
    latest.current = options;
    useEffect(() => {
      const names = ['onConnect', 'onDisconnect', 'onError', 'onStatsUpdate', 'onEvent', 'onState', 'onReset'];
      const callbacks = Object.fromEntries(names.map((name) => [name, (...values) => {
        latest.current[name]?.(...values);
        if (name !== 'onEvent') redraw();
      }]));
      live.current = make({ ...latest.current, ...callbacks });
      return () => {
        live.current.close();
        live.current = null;
      };
    }, [workspace, options.enabled]);
    return live;
  }

  const view = (live) => ({
    stats: live.current?.stats ?? null,
    isConnected: live.current?.isConnected ?? false,
    error: live.current?.error ?? null,
    trackEvent: (...event) => live.current?.trackEvent(...event),
  });

  /** `{stats, isConnected, error, reconnect, disconnect, trackEvent}` */
  function useRealtimeAnalytics(workspace, options = {}) {
    const live = useLive((bound) => new RealtimeAnalytics(workspace, bound), workspace, options);
    return {
      ...view(live),
      reconnect: () => live.current?.reconnect(),
      disconnect: () => live.current?.disconnect(),
    };
  }

  /** The same, less `reconnect` and `disconnect`; `interval` in milliseconds. */
  function useRealtimeAnalyticsPolling(workspace, interval = 5_000, options = {}) {
    return view(useLive((bound) => new RealtimeAnalyticsPolling(workspace, interval, bound), workspace, options));
  }

  return { useRealtimeAnalytics, useRealtimeAnalyticsPolling };
}
