/* Writes the two SAS7BDAT files of this folder; see README.md. Arguments: file, 1 to compress, rows. */
#include "readstat.h"
#include <stdio.h>
#include <fcntl.h>
#include <unistd.h>
#include <string.h>
static ssize_t wr(const void *d, size_t n, void *ctx){ return write(*(int*)ctx, d, n); }
static void chk(readstat_error_t e, const char*w){ if(e!=READSTAT_OK){fprintf(stderr,"%s: %s\n",w,readstat_error_message(e));} }
int main(int argc,char**argv){
  int fd=open(argv[1],O_CREAT|O_WRONLY|O_TRUNC,0644); int comp=atoi(argv[2]); int rows=atoi(argv[3]);
  readstat_writer_t *w=readstat_writer_init(); readstat_set_data_writer(w,wr);
  chk(readstat_writer_set_table_name(w,"DOSING"),"tn"); readstat_writer_set_file_label(w,"Dosing records");
  readstat_writer_set_file_timestamp(w, 1577836800);
  if(comp) readstat_writer_set_compression(w, READSTAT_COMPRESS_ROWS);
  readstat_variable_t *v[9]; const char*n[]={"SUBJ","DOSE","DOSEDT","DOSEDTM","DOSETM","ISODT","BIGTM","NOTE","AVAL"};
  const char*f[]={"$12","","DATE9","DATETIME20","TIME8","E8601DA10","HHMM8","$40","BEST12"};
  const char*l[]={"Subject","Dose (mg)","Date of dose","Date and time","Time of dose","ISO date","Elapsed","Note","Analysis value"};
  for(int i=0;i<9;i++){ int s=(i==0||i==7); v[i]=readstat_add_variable(w,n[i],s?READSTAT_TYPE_STRING:READSTAT_TYPE_DOUBLE,i==0?12:40); readstat_variable_set_label(v[i],l[i]); if(f[i][0]) readstat_variable_set_format(v[i],f[i]); }
  chk(readstat_begin_writing_sas7bdat(w,&fd,rows),"begin");
  for(int r=0;r<rows;r++){ chk(readstat_begin_row(w),"row"); char b[40]; sprintf(b,"%04d",r+1);
    chk(readstat_insert_string_value(w,v[0],b),"s");
    double dose[]={0.1,10,1e22,1e-7,-0.0}; double aval[]={1.0/3,861,123456.789,2.5,0};
    if(r==1) { chk(readstat_insert_missing_value(w,v[1]),"m"); chk(readstat_insert_missing_value(w,v[2]),"m"); }
    else { chk(readstat_insert_double_value(w,v[1],dose[r%5]),"d"); chk(readstat_insert_double_value(w,v[2],r==2?-1:21915+(r==3?0.5:0)),"d"); }
    chk(readstat_insert_double_value(w,v[3],r==0?21915.0*86400:r==1?21915.0*86400+3661.25:1e15*(r==2)),"d");
    chk(readstat_insert_double_value(w,v[4],r==0?0:r==1?3723:86399.5),"d");
    chk(readstat_insert_double_value(w,v[5],21915),"d");
    chk(readstat_insert_double_value(w,v[6],r==2?-60:90000),"d");
    chk(readstat_insert_string_value(w,v[7],r==0?" leading":r==1?"NA":r==2?"caf\xc3\xa9":""),"s");
    if(r==3) chk(readstat_insert_tagged_missing_value(w,v[8],'A'),"t"); else chk(readstat_insert_double_value(w,v[8],aval[r%5]),"d");
    chk(readstat_end_row(w),"end"); }
  chk(readstat_end_writing(w),"endw"); close(fd); return 0; }
