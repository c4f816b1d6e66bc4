// React hooks over the stream module. React is handed in, so that this file needs no bundler:
//
//   import * as React from 'react';
//   export const { useRealtimeAnalytics, useRealtimeAnalyticsPolling } = makeHooks(React);

import { RealtimeAnalytics, RealtimeAnalyticsPolling } from './realtime.js';

export function makeHooks({ useEffect, useReducer, useRef }) {
  function useLive(make, workspace, options) {
    const [, redraw] = useReducer((count) => count + 1, 0);
    const live = useRef(null);
    const latest = useRef(options);
    latest.current = options;
    const call = (name) => (...values) => {
      latest.current[name]?.(...values);
      redraw();
    };
    useEffect(() => {
      live.current = make({
        ...latest.current,
        onConnect: call('onConnect'), onDisconnect: call('onDisconnect'), onError: call('onError'),
        onStatsUpdate: call('onStatsUpdate'), onState: call('onState'),
      });
      return () => {
        live.current.close();
        live.current = null;
      };
    }, [workspace, options.enabled]);
    return live;
  }

  function useRealtimeAnalytics(workspace, options = {}) {
    const live = useLive((bound) => new RealtimeAnalytics(workspace, bound), workspace, options);
    return {
      stats: live.current?.stats ?? null,
      isConnected: live.current?.isConnected ?? false,
      error: live.current?.error ?? null,
      reconnect: () => live.current?.reconnect(),
      disconnect: () => live.current?.disconnect(),
      trackEvent: (...event) => live.current?.trackEvent(...event),
    };
  }

  function useRealtimeAnalyticsPolling(workspace, interval = 5_000, options = {}) {
    const live = useLive((bound) => new RealtimeAnalyticsPolling(workspace, interval, bound), workspace, options);
    return {
      stats: live.current?.stats ?? null,
      error: live.current?.error ?? null,
      trackEvent: (...event) => live.current?.trackEvent(...event),
    };
  }

  return { useRealtimeAnalytics, useRealtimeAnalyticsPolling };
}
