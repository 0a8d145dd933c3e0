{{/* Keeps pods while nodes are drained. A single pod has no budget: it would keep its node for ever. */}}
{{- define "mahila-lib.poddisruptionbudget" -}}
{{- $server := dict "context" . "component" "server" }}
{{- if and .Values.podDisruptionBudget.enabled (gt (include "mahila-lib.pods-at-least" . | int) 1) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "mahila-lib.labels" $server | nindent 4 }}
spec:
  minAvailable: {{ int .Values.podDisruptionBudget.minAvailable }}
  selector:
    matchLabels: {{- include "mahila-lib.selector" $server | nindent 6 }}
  # A pod that is not ready serves nobody, and does not keep its node.
  unhealthyPodEvictionPolicy: AlwaysAllow
{{- end }}
{{- end }}

{{/* Adds pods at once and takes them away slowly: a desk's hour is over sooner than it seems. */}}
{{- define "mahila-lib.horizontalpodautoscaler" -}}
{{- $scale := .Values.autoscaling }}
{{- if $scale.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "mahila-lib.labels" (dict "context" . "component" "server") | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .Chart.Name }}
  minReplicas: {{ int $scale.minReplicas }}
  maxReplicas: {{ int $scale.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ int $scale.targetCPU }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
      policies:
        - {type: Pods, value: 1, periodSeconds: 60}
{{- end }}
{{- end }}
