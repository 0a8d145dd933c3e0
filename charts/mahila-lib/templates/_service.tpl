{{/*
Two services: the headless one gives peers every pod, over which they balance call by call (one connection through a cluster address
would stay on one pod); the other is for gateways and clients that know no better. Health and metrics are a pod's own.
*/}}
{{- define "mahila-lib.services" -}}
{{- $server := dict "context" . "component" "server" -}}
{{- $plain := eq .Values.global.tls.mode "none" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "mahila-lib.labels" $server | nindent 4 }}
spec:
  type: ClusterIP
  selector: {{- include "mahila-lib.selector" $server | nindent 4 }}
  ports:
    - name: grpc
      port: 7100
      targetPort: grpc
      {{- if $plain }}
      appProtocol: kubernetes.io/h2c
      {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Chart.Name }}-headless
  labels: {{- include "mahila-lib.labels" $server | nindent 4 }}
spec:
  type: ClusterIP
  clusterIP: None
  selector: {{- include "mahila-lib.selector" $server | nindent 4 }}
  ports:
    - name: grpc
      port: 7100
      targetPort: grpc
      {{- if $plain }}
      appProtocol: kubernetes.io/h2c
      {{- end }}
    - name: health
      port: 7101
      targetPort: health
{{- end }}
