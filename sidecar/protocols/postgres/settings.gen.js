// Generated from the schemas by compile-checks.ts. Do not edit.
import ucs2length from 'ajv/dist/runtime/ucs2length.js'
import { append, formats, linear } from '#crds/check-runtime.ts'

export const settings = validate21;
const schema6 = {"type":"object","additionalProperties":false,"properties":{"match":{"$ref":"part0"},"authMethods":{"type":"array","minItems":1,"items":{"enum":["SCRAM-SHA-256","SCRAM-SHA-256-PLUS","MD5","Cleartext","Certificate","Trust"]}},"server":{"enum":["PostgreSQL","Aurora","AlloyDB","Citus","CockroachDB","Redshift","TimescaleDB","YugabyteDB"]},"catalogMaxAge":{"type":"string","pattern":"^[0-9]+(ms|s)$"},"maxMessageBytes":{"type":"integer","minimum":65536,"maximum":1073741824},"trustFiles":{"type":"array","maxItems":16,"items":{"type":"string","maxLength":512,"pattern":"^(/[.]?[A-Za-z0-9_@%+=-][A-Za-z0-9._@%+=-]*)+$"}}}};
const func0 = Object.prototype.hasOwnProperty;
const func53 = linear;
const func47 = ucs2length.default;
const schema7 = {"type":"object","additionalProperties":false,"properties":{"databases":{"type":"array","minItems":1,"items":{"type":"string","minLength":1}},"users":{"type":"array","minItems":1,"items":{"type":"string","minLength":1}}}};

function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 of Object.keys(data)){
if(!((key0 === "databases") || (key0 === "users"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.databases !== undefined && func0.call(data, "databases")){
let data0 = data.databases;
if(Array.isArray(data0)){
if(data0.length < 1){
const err1 = {instancePath:instancePath+"/databases",schemaPath:"#/properties/databases/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
let data1 = data0[i0];
if(typeof data1 === "string"){
if(func47(data1) < 1){
const err2 = {instancePath:instancePath+"/databases/" + i0,schemaPath:"#/properties/databases/items/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/databases/" + i0,schemaPath:"#/properties/databases/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
else {
const err4 = {instancePath:instancePath+"/databases",schemaPath:"#/properties/databases/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.users !== undefined && func0.call(data, "users")){
let data2 = data.users;
if(Array.isArray(data2)){
if(data2.length < 1){
const err5 = {instancePath:instancePath+"/users",schemaPath:"#/properties/users/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
const len1 = data2.length;
for(let i1=0; i1<len1; i1++){
let data3 = data2[i1];
if(typeof data3 === "string"){
if(func47(data3) < 1){
const err6 = {instancePath:instancePath+"/users/" + i1,schemaPath:"#/properties/users/items/minLength",keyword:"minLength",params:{limit: 1}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/users/" + i1,schemaPath:"#/properties/users/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath:instancePath+"/users",schemaPath:"#/properties/users/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
else {
const err9 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
validate22.errors = vErrors;
return errors === 0;
}

const pattern0 = func53("^[0-9]+(ms|s)$", "u");
const pattern1 = func53("^(/[.]?[A-Za-z0-9_@%+=-][A-Za-z0-9._@%+=-]*)+$", "u");

function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 of Object.keys(data)){
if(!((((((key0 === "match") || (key0 === "authMethods")) || (key0 === "server")) || (key0 === "catalogMaxAge")) || (key0 === "maxMessageBytes")) || (key0 === "trustFiles"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.match !== undefined && func0.call(data, "match")){
if(!(validate22(data.match, {instancePath:instancePath+"/match",parentData:data,parentDataProperty:"match",rootData}))){
vErrors = vErrors === null ? validate22.errors : append(vErrors, validate22.errors);
errors = vErrors.length;
}
}
if(data.authMethods !== undefined && func0.call(data, "authMethods")){
let data1 = data.authMethods;
if(Array.isArray(data1)){
if(data1.length < 1){
const err1 = {instancePath:instancePath+"/authMethods",schemaPath:"#/properties/authMethods/minItems",keyword:"minItems",params:{limit: 1}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(!((((((data2 === "SCRAM-SHA-256") || (data2 === "SCRAM-SHA-256-PLUS")) || (data2 === "MD5")) || (data2 === "Cleartext")) || (data2 === "Certificate")) || (data2 === "Trust"))){
const err2 = {instancePath:instancePath+"/authMethods/" + i0,schemaPath:"#/properties/authMethods/items/enum",keyword:"enum",params:{allowedValues: schema6.properties.authMethods.items.enum}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
}
else {
const err3 = {instancePath:instancePath+"/authMethods",schemaPath:"#/properties/authMethods/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.server !== undefined && func0.call(data, "server")){
let data3 = data.server;
if(!((((((((data3 === "PostgreSQL") || (data3 === "Aurora")) || (data3 === "AlloyDB")) || (data3 === "Citus")) || (data3 === "CockroachDB")) || (data3 === "Redshift")) || (data3 === "TimescaleDB")) || (data3 === "YugabyteDB"))){
const err4 = {instancePath:instancePath+"/server",schemaPath:"#/properties/server/enum",keyword:"enum",params:{allowedValues: schema6.properties.server.enum}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.catalogMaxAge !== undefined && func0.call(data, "catalogMaxAge")){
let data4 = data.catalogMaxAge;
if(typeof data4 === "string"){
if(!pattern0.test(data4)){
const err5 = {instancePath:instancePath+"/catalogMaxAge",schemaPath:"#/properties/catalogMaxAge/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(ms|s)$"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/catalogMaxAge",schemaPath:"#/properties/catalogMaxAge/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.maxMessageBytes !== undefined && func0.call(data, "maxMessageBytes")){
let data5 = data.maxMessageBytes;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err7 = {instancePath:instancePath+"/maxMessageBytes",schemaPath:"#/properties/maxMessageBytes/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 1073741824 || isNaN(data5)){
const err8 = {instancePath:instancePath+"/maxMessageBytes",schemaPath:"#/properties/maxMessageBytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1073741824}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(data5 < 65536 || isNaN(data5)){
const err9 = {instancePath:instancePath+"/maxMessageBytes",schemaPath:"#/properties/maxMessageBytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 65536}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
}
if(data.trustFiles !== undefined && func0.call(data, "trustFiles")){
let data6 = data.trustFiles;
if(Array.isArray(data6)){
if(data6.length > 16){
const err10 = {instancePath:instancePath+"/trustFiles",schemaPath:"#/properties/trustFiles/maxItems",keyword:"maxItems",params:{limit: 16}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
const len1 = data6.length;
for(let i1=0; i1<len1; i1++){
let data7 = data6[i1];
if(typeof data7 === "string"){
if(func47(data7) > 512){
const err11 = {instancePath:instancePath+"/trustFiles/" + i1,schemaPath:"#/properties/trustFiles/items/maxLength",keyword:"maxLength",params:{limit: 512}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(!pattern1.test(data7)){
const err12 = {instancePath:instancePath+"/trustFiles/" + i1,schemaPath:"#/properties/trustFiles/items/pattern",keyword:"pattern",params:{pattern: "^(/[.]?[A-Za-z0-9_@%+=-][A-Za-z0-9._@%+=-]*)+$"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/trustFiles/" + i1,schemaPath:"#/properties/trustFiles/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
}
else {
const err14 = {instancePath:instancePath+"/trustFiles",schemaPath:"#/properties/trustFiles/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
}
else {
const err15 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}

